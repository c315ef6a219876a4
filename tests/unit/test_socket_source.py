"""Taking a connection over from http.client."""

from __future__ import annotations

import http.client
import io
import select
import socket
from collections.abc import Iterator

import pytest

from chatstream.services.bodies import body_of
from chatstream.services.socket_source import READ_SIZE, SocketSource

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
Ends = tuple[socket.socket, socket.socket]


@pytest.fixture
def ends() -> Iterator[Ends]:
    """The server's end of a connection, and the client's."""
    server, client = socket.socketpair()
    with server, client:
        yield server, client


def taken_over(client: socket.socket) -> tuple[SocketSource, http.client.HTTPResponse]:
    """What is left of an answer, once its head was read."""
    answer = http.client.HTTPResponse(client)
    answer.begin()
    assert isinstance(answer.fp, io.BufferedReader)
    source, answer.fp = SocketSource(answer.fp), None  # type: ignore[assignment]
    client.close()  # as http.client does where the server closes after the answer
    return source, answer


def received(source: SocketSource) -> bytes:
    """What comes next, waited for as its users do."""
    while (data := source.receive()) is None:
        assert source.is_dry
        assert select.select([source.fileno], [], [], 5)[0]
    return data


@pytest.mark.parametrize("length", [0, 1, 5, 8192, 9000])
def test_what_came_with_the_head_is_not_lost(ends: Ends, length: int) -> None:
    server, client = ends
    whole = b"x" * length + b"rest"
    server.sendall(HEAD + b"%x\r\n" % len(whole) + whole[:length])
    source, answer = taken_over(client)
    body, read = body_of(answer), b""
    while len(read) < length:
        read += body.feed(received(source))
    server.sendall(whole[length:] + b"\r\n0\r\n\r\n")
    while not body.finished:
        read += body.feed(received(source))
    assert read == whole


def test_it_never_waits(ends: Ends) -> None:
    server, client = ends
    server.sendall(HEAD)
    source, _ = taken_over(client)
    assert source.receive() is None
    assert source.is_dry


def test_it_is_dry_where_a_read_was_not_filled(ends: Ends) -> None:
    server, client = ends
    server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * READ_SIZE)
    server.sendall(HEAD)
    source, _ = taken_over(client)
    server.sendall(b"x" * (READ_SIZE + 1))
    assert len(received(source)) == READ_SIZE
    assert not source.is_dry
    assert received(source) == b"x"
    assert source.is_dry


def test_the_end_is_not_taken_for_silence(ends: Ends) -> None:
    server, client = ends
    server.sendall(HEAD)
    server.close()
    source, _ = taken_over(client)
    assert source.receive() == b""


def test_closing_it_closes_the_connection(ends: Ends) -> None:
    server, client = ends
    server.sendall(HEAD)
    source, _ = taken_over(client)
    source.close()
    assert server.recv(1) == b""
