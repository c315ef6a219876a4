"""The bodies of responses, from the bytes of their connections in whatever pieces these come."""

from __future__ import annotations

import zlib
from typing import Any, Protocol

from chatstream.services.chunked_body import Dechunker

PIECE = 65536
"""What is given out of a compressed body at once: a few bytes can be a thousand times as many."""

_ZLIB = {"gzip": 31, "x-gzip": 31, "deflate": 47}
_UNREADABLE = ("br", "zstd", "compress", ",")


class Body(Protocol):
    """One way in which the content of a body is told from the bytes of its connection.

    ``finished``: all of it has come. ``damage``: it can not be read on; what came before still counts.
    """

    finished: bool
    damage: ValueError | None

    def feed(self, data: bytes) -> bytes:
        """The content in ``data``; may be empty."""

    def cut(self) -> bool:
        """Whether a connection that ends here ends before the body does."""


class SizedBody:
    """A body of ``length`` bytes; None: up to the end of the connection."""

    __slots__ = ("_left", "damage", "finished")

    def __init__(self, length: int | None) -> None:
        self._left = length
        self.finished = length == 0
        self.damage: ValueError | None = None

    def feed(self, data: bytes) -> bytes:
        """The content in ``data``; what follows the body is not looked at."""
        if self._left is None:
            return data
        content = data[: self._left]
        self._left -= len(content)
        self.finished = self._left == 0
        return content

    def cut(self) -> bool:
        """Whether bytes are missing."""
        return bool(self._left)


class Inflater:
    """The content of what ``gzip`` or ``deflate`` has compressed, at most 64 KiB at a time."""

    def __init__(self, window_bits: int) -> None:
        self._bits = window_bits
        self._unpacker = zlib.decompressobj(window_bits)
        self._rest = b""

    @property
    def has_more(self) -> bool:
        """Whether there may be more in what it was given: ask again, without anything new."""
        return bool(self._rest)

    def feed(self, data: bytes) -> bytes:
        """The next piece. Raises zlib.error."""
        if self._unpacker.eof and (self._rest or data):
            self._unpacker = zlib.decompressobj(self._bits)  # gzip: one member after the other
        content = self._unpacker.decompress(self._rest + data, PIECE)
        self._rest = self._unpacker.unconsumed_tail or self._unpacker.unused_data
        return content


def body_of(response: Any) -> Body:
    """How the body of a response is framed, as http.client has found in its head."""
    return Dechunker() if response.chunked is True else SizedBody(response.length)


def inflater_of(encoding: str) -> Inflater | None:
    """What undoes a Content-Encoding, which nobody asked for; None where there is none, or a word that means none.

    Raises ValueError where it can not be undone.
    """
    name = encoding.strip().lower()
    if name in _ZLIB:
        return Inflater(_ZLIB[name])
    if any(word in name for word in _UNREADABLE):
        raise ValueError(f"The body is encoded ({name[:40]}), which was not asked for.")
    return None
