"""Bodies in chunked transfer coding (RFC 9112, section 7.1), read as they come.

http.client gives out one chunk at a time, and n8n sends a chunk for each token: a read, its time limit and its
bookkeeping would be paid for each. Here what has arrived is one piece, however many chunks it came in.
"""

from __future__ import annotations

import re
from typing import Final

MAX_LINE: Final = 4096
"""Of a chunk's size with its extensions."""

_FIRST = re.compile(rb"([0-9A-Fa-f]{1,8})\r\n")
_SIZE = re.compile(rb"[0-9A-Fa-f]{1,16}(?=[\t ]*(?:;|$))")


class Dechunker:
    """The bytes of the chunks, from bytes in whatever pieces they come. ``finished``: the last chunk has come.

    ``damage``: from here on it is not in this coding. What came before still counts, so it is not raised. What follows
    the last chunk (trailers) is not looked at: n8n leaves the connection open there.
    """

    __slots__ = ("_follows_chunk", "_left", "_line", "damage", "finished")

    def __init__(self) -> None:
        self.finished = False
        self.damage: ValueError | None = None
        self._left = 0
        self._line = b""
        self._follows_chunk = False

    def feed(self, data: bytes) -> bytes:
        """The content in ``data``, up to the end or the damage."""
        if not (self._left or self._follows_chunk or self._line or self.finished or self.damage):
            first = _FIRST.match(data)  # most often one whole chunk comes, a token of n8n's
            if first and 0 < int(first[1], 16) == len(data) - first.end() - 2 and data.endswith(b"\r\n"):
                return data[first.end() : -2]
        content: list[bytes] = []
        place = 0
        while place < len(data) and not (self.finished or self.damage):
            if self._left:
                content.append(data[place : place + self._left])
                place += len(content[-1])
                self._left -= len(content[-1])
                continue
            end = data.find(b"\n", place)
            self._line += data[place : end if end >= 0 else len(data)]
            place = end + 1 if end >= 0 else len(data)
            if len(self._line) > MAX_LINE:
                self.damage = ValueError("The size of a chunk is too long.")
            elif end >= 0:
                self._take_line()
        return content[0] if len(content) == 1 else b"".join(content)

    def cut(self) -> bool:
        """Whether a connection that ends here ends before the body does."""
        return not self.finished

    def _take_line(self) -> None:
        line, self._line = self._line.removesuffix(b"\r"), b""
        if self._follows_chunk:
            self._follows_chunk = False
            if line:
                self.damage = ValueError("A chunk is longer than it says.")
            return
        size = _SIZE.match(line)
        if size is None:
            self.damage = ValueError("A chunk has no size.")
            return
        self._left = int(size[0], 16)
        self._follows_chunk = True
        self.finished = self._left == 0
