"""What ``flask doctor`` says of traces."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.api.test_cli import run
from tests.api.test_operations import production
from tests.support.collector import Collector
from tests.support.server import free_port


def line(output: str) -> str:
    """The finding, in single blanks."""
    (found,) = [line for line in output.splitlines() if " traces " in line]
    return " ".join(found.split())


def test_the_doctor_asks_the_collector(app: Flask, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert line(run(production(variables), "doctor")) == "ok traces off"
    with Collector() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        found = run(production(variables, TRACES="on"), "doctor")
        assert line(found) == "ok traces on, and the collector takes them"
        assert (collector.posts, collector.spans) == (1, [])
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    found = run(production(variables, TRACES="on"), "doctor")
    assert line(found) == "warning traces on, but the collector does not take them"
    assert "Check OTEL_EXPORTER_OTLP_ENDPOINT" in found
