"""The rest of a connection, once http.client has read a response's head from it."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any


class SocketSource:
    """Reads what is left of ``buffered``, the file that http.client made of a socket, and then the socket itself.

    The file's buffer would be 8 KiB for each open stream, and its layers most of what a read costs.
    """

    def __init__(self, buffered: io.BufferedReader) -> None:
        self._buffered: io.BufferedReader | None = buffered
        raw: Any = buffered.raw
        self._raw: io.RawIOBase = raw  # http.client has closed the socket by now: this keeps it open
        self._receive: Callable[[int], bytes] = raw._sock.recv

    def read1(self, size: int, /) -> bytes:
        """What has come, at most ``size`` bytes; waits where nothing has. Empty at the end."""
        if self._buffered is None:
            return self._receive(size)
        data = self._buffered.read1(size)
        if size >= io.DEFAULT_BUFFER_SIZE:  # nothing can have stayed behind in the buffer
            self._buffered.detach()
            self._buffered = None
        return data

    def close(self) -> None:
        """Close the connection."""
        self._raw.close()
