"""What is told of each request when it ends: a log line, and counts. Of a stream, when its client has gone.

A path is told by its route and its ids, never as it came: queries and unknown paths may hold anything.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from flask import Flask, Response, g, has_request_context, request
from prometheus_client import Counter, Histogram

from chatstream.logs import event
from chatstream.metrics import instruments

log = logging.getLogger(__name__)

UNMATCHED: Final = "unmatched"
PROBES: Final = frozenset({"operations.healthz", "operations.readyz", "operations.metrics"})
"""Asked every few seconds; a good answer to them is told on the debug level only."""

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
IDS: Final = ("agent_id", "chat_id", "user_id")
"""Arguments of routes that lines tell. ``user_id`` would be the caller's: another user is the ``target_user_id``."""

EVENT_STREAM: Final = "text/event-stream"


def init_access(app: Flask) -> None:
    """Tell of each request of ``app``. To be called before other hooks are added: the clock starts here."""
    app.before_request(_begin)
    app.after_request(_end)


def note(**fields: Any) -> None:
    """Have the line of the current request tell these as well."""
    g.noted = {**g.get("noted", {}), **fields}


def context() -> dict[str, Any]:
    """What is known of the current request, for any line that is written meanwhile; nothing outside of one."""
    if not has_request_context():
        return {}
    known: dict[str, Any] = {"request_id": g.get("request_id")}
    if (caller := g.get("principal")) is not None:
        known |= {"user_id": caller.user_id, "team_id": caller.team_id}
    return known


def _begin() -> None:
    g.started = time.monotonic()


def _end(response: Response) -> Response:
    took = time.monotonic() - g.get("started", time.monotonic())
    requests, duration = _instruments(_method(), _route(), response.status_code // 100)
    requests.inc()
    duration.observe(took)
    told = fields(response)
    if response.mimetype == EVENT_STREAM:
        _follow(response, told)
    else:
        size = response.content_length if response.is_streamed else response.calculate_content_length()
        is_quiet = request.endpoint in PROBES and response.status_code == 200
        level = logging.DEBUG if is_quiet else logging.INFO
        event(log, "request", level=level, **told, duration_ms=_ms(took), bytes=size)
    return response


def fields(response: Response) -> dict[str, Any]:
    """What may be told of the current request and its answer; what is not known is None."""
    arguments = request.view_args or {}
    ids = {name if name != "user_id" else "target_user_id": arguments.get(name) for name in IDS}
    return {
        "method": _method(),
        "route": _route(),
        "status": response.status_code,
        **ids,
        "generation_id": response.headers.get("X-Generation-ID"),
        **context(),
        **g.get("noted", {}),
    }


def _follow(response: Response, told: dict[str, Any]) -> None:
    """Count what a stream sends, and tell of it when it is closed, however that comes; there is no request then."""
    opened = g.get("started", time.monotonic())
    pieces, sent = response.response, 0

    def counted() -> Iterator[bytes]:
        nonlocal sent
        for piece in pieces:
            sent += len(piece)
            yield piece  # type: ignore[misc]

    def closed() -> None:
        took = time.monotonic() - opened
        instruments.SSE_CONNECTIONS.dec()
        instruments.SSE_DURATION.observe(took)
        event(log, "request", **told, duration_ms=_ms(took), bytes=sent)

    event(log, "stream_opened", **told)
    instruments.SSE_CONNECTIONS.inc()
    response.response = counted()
    response.call_on_close(closed)
    if hasattr(pieces, "close"):
        response.call_on_close(pieces.close)


@cache
def _instruments(method: str, route: str, status_class: int) -> tuple[Counter, Histogram]:
    """The series of a kind of request; there are as many as routes, methods and classes."""
    labels = (method, route)
    requests = instruments.HTTP_REQUESTS.labels(*labels, f"{status_class}xx")
    return requests, instruments.HTTP_DURATION.labels(*labels)


def _method() -> str:
    return request.method if request.method in METHODS else "other"


def _route() -> str:
    return request.url_rule.rule if request.url_rule is not None else UNMATCHED


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
