"""A worker takes so many requests at once and no more; the next is told so, and not left waiting unanswered.

gunicorn stops accepting when its connections are used up: new ones hang in the backlog, and nobody learns why. So
gunicorn is given some more than the limit that is counted here.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING

from chatstream.http.watched import Watched
from chatstream.metrics import instruments

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

RETRY_AFTER_S = 2
ALWAYS = frozenset({"/healthz"})


class Admission:
    """WSGI middleware: at most ``limit`` requests, open streams among them; over it 503 with Retry-After."""

    def __init__(self, app: WSGIApplication, *, limit: int) -> None:
        self._app = app
        self._limit = limit
        self.busy = 0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Pass the request on, and count it until its answer is closed."""
        if self.busy >= self._limit and environ.get("PATH_INFO") not in ALWAYS:
            instruments.REFUSED.inc()
            log.warning("all %d places of this worker are taken", self._limit, extra={"code": "busy"})
            return _refuse(start_response)
        self.busy += 1
        try:
            answer = self._app(environ, start_response)
        except BaseException:
            self._leave()
            raise
        return Watched(answer, self._leave)

    def _leave(self) -> None:
        self.busy -= 1


def _refuse(start_response: StartResponse) -> Iterable[bytes]:
    request_id = uuid.uuid4().hex
    body = json.dumps(
        {
            "type": "urn:chatstream:problem:busy",
            "title": "The service is busy",
            "status": 503,
            "detail": "This worker has as many requests and open streams as it takes.",
            "code": "busy",
            "request_id": request_id,
        }
    ).encode()
    headers = [
        ("Content-Type", "application/problem+json"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        ("Retry-After", str(RETRY_AFTER_S)),
        ("X-Request-ID", request_id),
        ("Connection", "close"),
    ]
    start_response("503 SERVICE UNAVAILABLE", headers)
    return [body]
