"""The rest of a connection, once http.client has read a response's head from it."""

from __future__ import annotations

import io
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any

_NOTHING_THERE = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
READ_SIZE = 65536


class SocketSource:
    """Reads what is left of ``buffered``, the file that http.client made of a socket, and then the socket itself.

    It never waits. ``is_dry``: the last read left nothing, so that asking again is worth a system call only once
    ``fileno`` is readable. (TLS decrypts whole records: what it holds can not be seen from outside.)
    The file's buffer would be 8 KiB for each open stream, and its layers most of what a read costs.
    """

    __slots__ = ("_held", "_is_tls", "_raw", "_receive", "_socket", "fileno", "is_dry")

    def __init__(self, buffered: io.BufferedReader) -> None:
        raw: Any = buffered.raw
        self._raw: io.RawIOBase = raw  # http.client may have closed the socket by now: this keeps it open
        self._socket: socket.socket = raw._sock
        self._socket.settimeout(0.0)
        self._is_tls = isinstance(self._socket, ssl.SSLSocket)
        self._receive: Callable[[int], bytes] = self._socket.recv
        self._held = b""
        self.fileno = self._socket.fileno()
        self.is_dry = False
        with suppress(*_NOTHING_THERE):
            self._held = buffered.peek()  # whatever is in the buffer, or what one read of the socket gives
        buffered.detach()

    def receive(self) -> bytes | None:
        """What has come, at most 64 KiB; None where nothing has, empty at the end. Raises OSError."""
        if self._held:
            data, self._held = self._held, b""
            return data
        try:
            data = self._receive(READ_SIZE)
        except _NOTHING_THERE:
            self.is_dry = True
            return None
        self.is_dry = len(data) < READ_SIZE and not self._is_tls
        return data

    def close(self) -> None:
        """Close the connection."""
        self._raw.close()
        self._socket.close()
