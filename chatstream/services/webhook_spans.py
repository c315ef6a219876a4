"""Calls of workflows as spans. The path of an address is not told: that of a webhook may be all that protects it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chatstream.errors import UpstreamError
from chatstream.tracing.interface import Attributes, Tracing

if TYPE_CHECKING:
    from chatstream.services.n8n import Trace


@contextmanager
def webhook_span(tracing: Tracing, url: str, trace: Trace) -> Iterator[Mapping[str, str]]:
    """A span for the call that is made in the block, which fills in ``trace``; gives the headers that tell of the span.

    ``chatstream.outcome`` is ``complete``, the code of the failure, or ``cut`` where the reading was ended.
    """
    span = tracing.begin("webhook", "client", _place(url) if tracing.is_on else {})
    outcome, error = "cut", None
    try:
        yield span.headers()
        outcome = "complete"
    except UpstreamError as failure:
        outcome = error = failure.code
        raise
    except Exception as failure:
        outcome = error = type(failure).__name__
        raise
    finally:
        told = {"http.response.status_code": trace.status_code, "chatstream.form": trace.form}
        first_byte_ms = None if trace.first_byte_s is None else round(trace.first_byte_s * 1000)
        span.end({**told, "chatstream.first_byte_ms": first_byte_ms, "chatstream.outcome": outcome}, error=error)


def _place(url: str) -> Attributes:
    try:
        parts = urlsplit(url)
        place = {"url.scheme": parts.scheme, "server.address": parts.hostname, "server.port": parts.port}
    except ValueError:
        place = {}
    return {"http.request.method": "POST", **place}
