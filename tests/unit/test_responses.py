"""gunicorn's answers as they go out: what is sent, and in how many calls."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.config import Config

from chatstream.responses import Response


class Client:
    """Takes so many bytes at a call."""

    def __init__(self, most: int = 1 << 20) -> None:
        self.most = most
        self.calls: list[bytes] = []

    def send(self, data: bytes) -> int:
        self.calls.append(bytes(data[: self.most]))
        return len(self.calls[-1])

    def sendall(self, data: bytes) -> None:
        self.calls.append(bytes(data))


def answered(
    client: Client, *pieces: bytes, method: str = "GET", status: str = "200 OK", length: int | None = None
) -> Any:
    request = SimpleNamespace(method=method, version=(1, 1), should_close=lambda: False, headers=[])
    response = Response(request, client, Config())
    response.start_response(status, [] if length is None else [("Content-Length", str(length))])
    for piece in pieces:
        response.write(piece)
    response.close()
    return response


def test_a_short_answer_is_one_call() -> None:
    client = Client()
    answered(client, b"whole", length=5)
    (sent,) = client.calls
    assert sent.startswith(b"HTTP/1.1 200 OK\r\n")
    assert sent.endswith(b"\r\n\r\nwhole")


def test_a_stream_is_a_call_for_each_piece() -> None:
    client = Client()
    answered(client, b"one", b"", b"two")
    assert client.calls[0].endswith(b"\r\n\r\n3\r\none\r\n")
    assert client.calls[1:] == [b"3\r\ntwo\r\n", b"0\r\n\r\n"]


@pytest.mark.parametrize(
    ("pieces", "fields"),
    [
        ((), {"length": 0}),
        ((b"",), {"length": 0}),
        ((b"left out",), {"method": "HEAD", "length": 8}),
        ((b"",), {"status": "204 No Content"}),
        ((b"", b""), {}),
    ],
)
def test_the_head_goes_without_a_body_as_well(pieces: tuple[bytes, ...], fields: dict[str, Any]) -> None:
    client = Client()
    answered(client, *pieces, **fields)
    head, _, body = b"".join(client.calls).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 2")
    assert client.calls[0] == head + b"\r\n\r\n"
    assert body in (b"", b"0\r\n\r\n")


def test_no_more_goes_than_was_promised() -> None:
    client = Client()
    answered(client, b"123", b"456", length=4)
    assert b"".join(client.calls).endswith(b"\r\n\r\n1234")


def test_what_the_kernel_does_not_take_goes_after() -> None:
    slow, quick = Client(most=10), Client()
    for client in (slow, quick):
        answered(client, b"x" * 100, length=100)
    assert b"".join(slow.calls).partition(b"\r\n\r\n")[2] == b"x" * 100
    assert len(slow.calls) == 2
