"""gunicorn's answers, in fewer calls to the kernel: the head goes with the first bytes of the body.

Light on purpose: gunicorn's arbiter imports it.
"""

from __future__ import annotations

from typing import Any

from gunicorn import util
from gunicorn.http import wsgi


def install() -> None:
    """Have gunicorn answer in this way, in the processes that it will fork."""
    wsgi.Response = Response
    util.write_chunk = _write_chunk


class Response(wsgi.Response):  # type: ignore[misc]
    """An answer. gunicorn calls ``write`` when there is something to send: the head waits for nothing."""

    sock: Any
    _head = b""

    def write(self, arg: bytes) -> None:
        """Send some of the body."""
        if not self.headers_sent:
            held = _Held()
            client: Any = self.sock
            self.sock = held
            try:
                self.send_headers()
            finally:
                self.sock = client
            self._head = held.data
        super().write(arg)
        if self._head:  # nothing of the body was to be sent
            self._send_with_head(b"")

    def _emit_body(self, data: bytes) -> None:
        self._send_with_head(_chunk(data) if self.chunked else data)

    def _send_with_head(self, data: bytes) -> None:
        head, self._head = self._head, b""
        _send(self.sock, head + data)


class _Held:
    """In the place of a client: what would be sent to it."""

    def __init__(self) -> None:
        self.data = b""

    def sendall(self, data: bytes) -> None:
        """Keep it."""
        self.data += data


def _write_chunk(client: Any, data: bytes) -> None:
    _send(client, _chunk(data))


def _chunk(data: bytes) -> bytes:
    return b"%X\r\n%b\r\n" % (len(data), data)


def _send(client: Any, data: bytes) -> None:
    """Send in one call where the kernel takes it.

    gevent's ``sendall`` first asks for the size of its buffer, a system call for each token.
    """
    sent = client.send(data)
    if sent < len(data):
        client.sendall(memoryview(data)[sent:])
