"""Requests as spans, each from its first line until its answer is closed: of a stream, until its client has gone.

Named by method and route. As in log lines, ids are told and paths, queries and headers are not. Load balancers' and
Prometheus' requests are left out, and those that a full worker refuses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

from flask import Flask, Response, g, request

from chatstream.http import access
from chatstream.tracing.interface import Span, Tracing

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

UNTRACED: Final = frozenset({"/healthz", "/readyz", "/metrics"})
CARRIERS: Final = {"HTTP_TRACEPARENT": "traceparent", "HTTP_TRACESTATE": "tracestate"}
KEY: Final = "chatstream.traced"


class _Traced:
    """A request under way. ``is_kept``: its answer closes it."""

    def __init__(self, span: Span) -> None:
        self.span = span
        self.is_kept = False
        self.attributes: dict[str, Any] = {}
        self.error: str | None = None
        self._stack = ExitStack()
        self._stack.enter_context(span.current())

    def close(self) -> None:
        """It has been answered, or has failed."""
        self._stack.close()
        self.span.end(self.attributes, error=self.error)


class TracedRequests:
    """WSGI middleware, right around the Flask application."""

    def __init__(self, app: WSGIApplication, tracing: Tracing) -> None:
        self._app = app
        self._tracing = tracing

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Pass the request on within a span. The answer is not wrapped: a stream would pay for it with each piece."""
        if environ.get("PATH_INFO") in UNTRACED:
            return self._app(environ, start_response)
        environ[KEY] = traced = _Traced(self._tracing.begin_request("request", _carriers(environ)))
        try:
            answer = self._app(environ, start_response)
        except BaseException as error:
            traced.error = type(error).__name__
            traced.close()
            raise
        if not traced.is_kept:
            traced.close()
        return answer


def trace_requests(app: Flask, tracing: Tracing) -> None:
    """Trace the requests of ``app``. To be called before all other hooks: its own then comes last."""
    app.wsgi_app = TracedRequests(app.wsgi_app, tracing)  # type: ignore[method-assign]
    app.after_request(_describe)


def _carriers(environ: WSGIEnvironment) -> Mapping[str, str]:
    return {name: environ[key] for key, name in CARRIERS.items() if key in environ}


def _describe(response: Response) -> Response:
    traced: _Traced | None = request.environ.get(KEY)
    if traced is not None:
        told = access.fields(response)
        traced.span.rename(f"{told['method']} {told['route']}")
        traced.attributes = _attributes(told)
        traced.error = g.get("problem_code", str(response.status_code)) if response.status_code >= 500 else None
        if not response.direct_passthrough:  # such an answer is sent as it is, and never closed
            response.call_on_close(traced.close)
            traced.is_kept = True
    return response


def _attributes(told: dict[str, Any]) -> dict[str, Any]:
    """What log lines tell of a request, under OpenTelemetry's names where it has some."""
    standard = {
        "http.request.method": told.pop("method"),
        "http.route": told.pop("route"),
        "http.response.status_code": told.pop("status"),
        "user.id": told.pop("user_id", None),
    }
    return {**standard, **{f"chatstream.{name}": value for name, value in told.items()}}
