"""A socket that knows when there is nothing to read.

gevent asks the kernel first and waits when the answer is no. A stream of tokens is read dry each time, so that half of
all reads are in vain, at the price of a system call and an exception for each token.
"""

from __future__ import annotations

import socket
from typing import Any

import gevent.socket
from gevent import monkey


class _PatientSocket(gevent.socket.socket):
    __slots__ = ("_is_dry",)

    def recv(self, size: int, flags: int = 0) -> bytes:
        """As of any socket; waits first where the last read left nothing."""
        self._wait_where_dry()
        got = super().recv(size, flags)
        self._is_dry = len(got) < size
        return got

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        """As of any socket; waits first where the last read left nothing."""
        self._wait_where_dry()
        got: int = super().recv_into(buffer, nbytes, flags)
        self._is_dry = got < (nbytes or len(buffer))
        return got

    def _wait_where_dry(self) -> None:
        if getattr(self, "_is_dry", False):
            self._wait(self._read_event)  # type: ignore[attr-defined]


def stream_socket(family: socket.AddressFamily) -> socket.socket:
    """A TCP socket: such a one where gevent has patched the process, else one of the standard library."""
    if monkey.is_module_patched("socket"):
        return _PatientSocket(family, socket.SOCK_STREAM)
    return socket.socket(family, socket.SOCK_STREAM)
