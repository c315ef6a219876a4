"""Taking a connection over from http.client."""

from __future__ import annotations

import http.client
import io
import socket
from collections.abc import Iterator

import pytest

from chatstream.services.chunked_body import ChunkedBody
from chatstream.services.socket_source import SocketSource

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """The server's end of a connection, and the client's."""
    server, client = socket.socketpair()
    with server, client:
        yield server, client


def source_of(client: socket.socket) -> SocketSource:
    """What is left of an answer, once its head was read."""
    answer = http.client.HTTPResponse(client)
    answer.begin()
    assert isinstance(answer.fp, io.BufferedReader)
    source, answer.fp = SocketSource(answer.fp), None  # type: ignore[assignment]
    return source


@pytest.mark.parametrize("size", [1, 3, 8191, 8192, 65536])
def test_what_came_with_the_head_is_not_lost(ends: tuple[socket.socket, socket.socket], size: int) -> None:
    server, client = ends
    server.sendall(HEAD + b"5\r\nHello\r\n")
    source = source_of(client)
    client.close()  # as http.client does where the server closes after the answer
    body = ChunkedBody(source)
    read = b""
    while len(read) < 5:
        read += body.read1(size)
    server.sendall(b"6\r\n world\r\n0\r\n\r\n")
    while piece := body.read1(size):
        read += piece
    assert read == b"Hello world"


def test_closing_it_closes_the_connection(ends: tuple[socket.socket, socket.socket]) -> None:
    server, client = ends
    server.sendall(HEAD + b"5\r\nHello\r\n")
    source = source_of(client)
    client.close()
    source.read1(65536)
    source.close()
    assert server.recv(1) == b""
