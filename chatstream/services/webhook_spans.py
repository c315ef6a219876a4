"""Calls of workflows as spans. The path of an address is not told: that of a webhook may be all that protects it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from chatstream.errors import UpstreamError
from chatstream.services.webhook_call import Trace
from chatstream.tracing.interface import Attributes, Tracing


class WebhookSpan:
    """The span of one call."""

    __slots__ = ("_span",)

    def __init__(self, tracing: Tracing, url: str) -> None:
        self._span = tracing.begin("webhook", "client", _place(url) if tracing.is_on else {})

    def headers(self) -> Mapping[str, str]:
        """The headers that tell the workflow of the span."""
        return self._span.headers()

    def end(self, trace: Trace, *, is_whole: bool = False, failure: BaseException | None = None) -> None:
        """The call is over. ``chatstream.outcome``: ``complete``, the failure's code, ``cut`` where it was ended."""
        error = None
        if isinstance(failure, Exception):
            error = failure.code if isinstance(failure, UpstreamError) else type(failure).__name__
        told = {"http.response.status_code": trace.status_code, "chatstream.form": trace.form}
        first_byte_ms = None if trace.first_byte_s is None else round(trace.first_byte_s * 1000)
        outcome = error or ("complete" if is_whole else "cut")
        self._span.end({**told, "chatstream.first_byte_ms": first_byte_ms, "chatstream.outcome": outcome}, error=error)


def _place(url: str) -> Attributes:
    try:
        parts = urlsplit(url)
        place = {"url.scheme": parts.scheme, "server.address": parts.hostname, "server.port": parts.port}
    except ValueError:
        place = {}
    return {"http.request.method": "POST", **place}
