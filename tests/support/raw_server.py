"""A server made of sockets: it answers with given bytes, at given times, cut where a test wants them cut."""

from __future__ import annotations

import random
import re
import socket
import struct
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Literal, Self

Split = Literal["whole", "bytes", "random"]
Ends = Literal["closed", "terminated", "hangs", "reset"]
Write = tuple[float, bytes]

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


def pieces(data: bytes, split: Split, seed: int = 0) -> Iterator[bytes]:
    """``data`` whole, byte by byte, or cut at places that ``seed`` decides."""
    if split == "whole":
        yield data
        return
    dice = random.Random(seed)
    start = 0
    while start < len(data):
        length = 1 if split == "bytes" else dice.randint(1, 40)
        yield data[start : start + length]
        start += length


class CaptureServer:
    """Serves ``writes`` (seconds to wait before, bytes) to each connection, once its request has been read whole.

    ``ends``: what happens then. ``closed``: the socket is closed; ``reset``: closed with a RST; ``terminated`` and
    ``hangs``: it stays open, as n8n leaves it, until the client closes or the server stops.
    ``requests``: what was received, one item a connection. ``hung_up``: set when a client closed first.
    ``gate``: when given, each answer waits after its first write until this is set.
    """

    def __init__(
        self,
        writes: Sequence[Write],
        *,
        ends: Ends = "closed",
        split: Split = "whole",
        seed: int = 0,
        gate: threading.Event | None = None,
    ) -> None:
        self.requests: list[bytes] = []
        self.hung_up = threading.Event()
        self.connections = 0
        self._writes = list(writes)
        self._ends = ends
        self._split: Split = split
        self._seed = seed
        self._gate = gate
        self._stopping = threading.Event()
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/webhook/test"

    def __enter__(self) -> Self:
        self._spawn(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the accept
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        self._listener.close()

    def _spawn(self, target: object, *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            connection.settimeout(10)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open.append(connection)
            self._spawn(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            self.requests.append(_request(connection))
            for index, (delay, data) in enumerate(self._writes):
                if index == 1 and self._gate:
                    self._gate.wait(120)
                if delay and self._stopping.wait(delay):
                    return
                for piece in pieces(data, self._split, self._seed):
                    connection.sendall(piece)
            self._end(connection)

    def _end(self, connection: socket.socket) -> None:
        if self._ends == "reset":
            time.sleep(0.05)  # a RST discards what the client has not read
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif self._ends in ("terminated", "hangs"):
            connection.settimeout(60)
            try:
                gone = not connection.recv(1)
            except ConnectionError:
                gone = True
            if gone and not self._stopping.is_set():
                self.hung_up.set()


def _request(connection: socket.socket) -> bytes:
    """One request with its body, as sent."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return data
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    found = _LENGTH.search(head)
    missing = (int(found[1]) if found else 0) - len(body)
    while missing > 0:
        more = connection.recv(65536)
        if not more:
            break
        data += more
        missing -= len(more)
    return data


def response(
    body: bytes, *, status: str = "200 OK", content_type: str = "application/json", headers: Sequence[str] = ()
) -> bytes:
    """A whole HTTP answer with a Content-Length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    if content_type:
        lines.append(f"Content-Type: {content_type}")
    return "\r\n".join((*lines, "", "")).encode() + body


def chunked_head(content_type: str = "application/json", *headers: str) -> bytes:
    """The head of an answer in chunks."""
    lines = ("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", f"Content-Type: {content_type}", *headers, "", "")
    return "\r\n".join(lines).encode()


def chunk(data: bytes) -> bytes:
    """One chunk; of empty ``data``, the last one."""
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"
