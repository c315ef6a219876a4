"""Reading HTTP/1.1 requests from a socket, with a limit on everything."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

import gevent.socket

MAX_HEAD_BYTES = 32 << 10
MAX_BODY_BYTES = 2 << 20
IDLE_S = 5.0  # n8n (Node) closes a connection that was idle for so long
REQUEST_S = 30.0  # for each read within a request


class BadRequest(Exception):
    """A request that can not be read; the connection ends after the answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True)
class Request:
    """A request with its whole body."""

    method: str
    path: str  # unquoted
    query: str  # raw
    headers: dict[str, str]  # names as they were sent
    body: bytes
    close: bool  # the client asked for the connection to end

    def header(self, name: str) -> str:
        """A header by its name in lower case, or ''."""
        return next((value for key, value in self.headers.items() if key.lower() == name), "")


class Reader:
    """Requests of one connection, one after the other."""

    def __init__(self, sock: gevent.socket.socket) -> None:
        self._socket = sock
        self._data = b""

    def next(self) -> Request | None:
        """The next request, None when the client is gone or idle, BadRequest when it makes no sense."""
        head = self._head()
        if head is None:
            return None
        lines = head.decode("latin-1").split("\r\n")
        parts = lines[0].split(" ")
        if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
            raise BadRequest(400, "Not an HTTP/1.1 request.")
        headers = {}
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if not colon or name != name.strip():
                raise BadRequest(400, "A header line has no colon or is folded.")
            headers[name] = value.strip()
        lower = {name.lower(): value for name, value in headers.items()}
        body = self._body(parts[0], lower)
        path, _, query = parts[1].partition("?")
        close = lower.get("connection", "").lower() == "close" or parts[2] == "HTTP/1.0"
        return Request(parts[0], unquote(path), query, headers, body, close)

    def drain(self) -> None:
        """Read what the client still sends, within limits: a close with unread bytes would reset the answer away."""
        self._socket.settimeout(1)
        for _ in range(256):
            if not self._socket.recv(65536):
                return

    def _head(self) -> bytes | None:
        self._socket.settimeout(REQUEST_S if self._data else IDLE_S)
        while b"\r\n\r\n" not in self._data:
            if len(self._data) > MAX_HEAD_BYTES:
                raise BadRequest(431, f"The headers are over {MAX_HEAD_BYTES} bytes.")
            received = self._socket.recv(65536)
            if not received:
                return None
            self._data += received
            self._socket.settimeout(REQUEST_S)
        head, self._data = self._data.split(b"\r\n\r\n", 1)
        return head

    def _body(self, method: str, lower: dict[str, str]) -> bytes:
        length = lower.get("content-length")
        if length is None:
            if method in ("POST", "PUT", "PATCH") or "transfer-encoding" in lower:
                raise BadRequest(411, "A request with a body needs Content-Length.")
            return b""
        if not (length.isascii() and length.isdigit() and len(length) <= 20):
            raise BadRequest(400, "Content-Length is not a number.")
        wanted = int(length)
        if wanted > MAX_BODY_BYTES:
            raise BadRequest(413, f"The body is over {MAX_BODY_BYTES} bytes.")
        if lower.get("expect", "").lower() == "100-continue":
            self._socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        parts = [self._data]
        size = len(self._data)
        while size < wanted:
            received = self._socket.recv(65536)
            if not received:
                raise ConnectionResetError("the client left in the middle of its request")
            parts.append(received)
            size += len(received)
        data = b"".join(parts)
        self._data = data[wanted:]
        return data[:wanted]
