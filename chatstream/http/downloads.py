"""Answers that are sent while they are made: files to save."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from urllib.parse import quote

import regex
from flask import Response, request

from chatstream.services.graphemes import boundary, without_directions

WRITE_TIMEOUT_S = 30
"""A client that takes nothing for this long is cut."""
NAME_CHARS = 100

_UNFIT = regex.compile(r'[\p{C}\s/\\:*?"<>|]+')
"""In the name of a file, on one system or another."""


def download(pieces: Iterator[str], *, name: str, extension: str, content_type: str) -> Response:
    """A file to save. ``pieces`` are made outside of the request, and hold no connection while they wait."""
    response = Response(pieces, content_type=content_type)
    fit = _file_name(name)
    response.headers.set(
        "Content-Disposition",
        "attachment",
        filename=f"{_ascii(fit)}.{extension}",
        **{"filename*": f"UTF-8''{quote(f'{fit}.{extension}', safe='')}"},
    )
    cut_when_slow(response)
    return response


def cut_when_slow(response: Response) -> None:
    """Give up on a client that does not read; a write has no time limit else."""
    client = request.environ.get("gunicorn.socket")
    if client is not None:
        client.settimeout(WRITE_TIMEOUT_S)
        response.call_on_close(lambda: client.settimeout(None))  # the connection may wait long for its next request


def _file_name(title: str) -> str:
    name = _UNFIT.sub(" ", without_directions(title)).strip(" .")
    return name[: boundary(name, NAME_CHARS)].rstrip(" .") or "chat"


def _ascii(name: str) -> str:
    """For clients that do not know RFC 6266."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return regex.sub(r"[^A-Za-z0-9 ._-]+", "", plain).strip(" .") or "chat"
