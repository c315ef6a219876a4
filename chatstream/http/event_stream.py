"""Responses that stay open: for each of them counts what it keeps, and what it does for a piece."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from flask import Response, g, request, stream_with_context

from chatstream.http.watched import Watched

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_PARSED: Final = ("accept_mimetypes", "cookies", "args", "_cached_json")
_VERIFIED: Final = ("_jwt_extended_jwt", "_jwt_extended_jwt_header")


class EventStream(Response):
    """The response to a client that follows ``pieces``, made while the request's context is there."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__(stream_with_context(pieces), content_type="text/event-stream")

    def get_app_iter(self, environ: WSGIEnvironment) -> Iterable[bytes]:
        """The pieces as they are made: there is nothing in them to be encoded. Called last, when all hooks have run."""
        if environ["REQUEST_METHOD"] == "HEAD":
            return super().get_app_iter(environ)
        _forget()
        return Watched(self.response, self.close)  # type: ignore[arg-type]


def _forget() -> None:
    """Let go of what was read to come here: the request is kept until the end of the stream."""
    for name in _PARSED:
        request.__dict__.pop(name, None)
    for name in _VERIFIED:
        g.pop(name, None)
