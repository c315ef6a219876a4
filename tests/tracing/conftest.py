"""Tracing in this process, and the collector that it sends to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chatstream.tracing.otel import OtelTracing
from tests.support.collector import Collector


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """One that this process sends to."""
    with Collector() as collector:
        for name, value in collector.variables.items():
            monkeypatch.setenv(name, value)
        yield collector


@pytest.fixture
def tracing(collector: Collector) -> Iterator[OtelTracing]:
    """Closed again at the end."""
    tracing = OtelTracing(continues=False)
    yield tracing
    tracing.close(5)
