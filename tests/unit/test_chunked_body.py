"""Chunked bodies, beside http.client's own reading of them."""

from __future__ import annotations

import io
import itertools
from http.client import HTTPResponse, IncompleteRead
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatstream.services.chunked_body import MAX_LINE, Dechunker

CHUNKS = st.lists(st.binary(min_size=1, max_size=40), max_size=8)
EXTENSION = st.sampled_from([b"", b";a=b", b" ; a", b'\t;x="y;z"'])


def coded(chunks: list[bytes], extension: bytes = b"", end: bytes = b"0\r\n\r\n") -> bytes:
    return b"".join(b"%x%b\r\n%b\r\n" % (len(chunk), extension, chunk) for chunk in chunks) + end


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[a:b] for a, b in itertools.pairwise(edges)]


def read(pieces: list[bytes]) -> bytes:
    """The content of a body that comes in ``pieces``. Raises what http.client raises."""
    dechunker, found = Dechunker(), []
    for piece in pieces:
        found.append(dechunker.feed(piece))
    if dechunker.damage is not None:
        raise dechunker.damage
    if dechunker.cut():
        raise IncompleteRead(b"")
    return b"".join(found)


@given(CHUNKS, EXTENSION, st.lists(st.integers(0, 1000)))
def test_any_body_cut_anywhere(chunks: list[bytes], extension: bytes, places: list[int]) -> None:
    assert read(cut(coded(chunks, extension), places)) == b"".join(chunks)


@given(CHUNKS, st.lists(st.integers(0, 1000)), st.integers(1, 1000))
def test_a_body_that_ends_too_early_is_told(chunks: list[bytes], places: list[int], less: int) -> None:
    whole = coded(chunks, end=b"0\r\n")
    with pytest.raises(IncompleteRead):
        read(cut(whole[: max(0, len(whole) - less)], places))


@given(st.binary(max_size=60))
def test_what_http_client_refuses_is_refused(data: bytes) -> None:
    """It may be more patient (with signs and blanks in a size), never the other way round."""

    class Socket:
        def makefile(self, _mode: str) -> Any:
            return io.BufferedReader(io.BytesIO(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + data))

    response = HTTPResponse(Socket())  # type: ignore[arg-type]
    response.begin()
    try:
        expected = response.read()
    except (IncompleteRead, ValueError):
        expected = None
    try:
        found = read([data] if data else [])
    except (IncompleteRead, ValueError):
        return
    if expected is not None:
        assert found == expected
    else:
        assert b"0" in data  # it wants the trailers, which nobody waits for here


@pytest.mark.parametrize(
    "data", [b"\r\n", b"x\r\n", b"-1\r\n", b"+1\r\na", b"0x1\r\n", b"1_0\r\n", b"2\r\nabc\r\n", b"f" * 17 + b"\r\n"]
)
def test_nonsense_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="chunk"):
        read([data])


def test_an_endless_size_is_refused() -> None:
    dechunker = Dechunker()
    dechunker.feed(b"1;" * (MAX_LINE // 2))
    assert dechunker.damage is None
    dechunker.feed(b";")
    assert dechunker.damage is not None


def test_what_came_before_the_damage_is_read() -> None:
    dechunker = Dechunker()
    assert dechunker.feed(coded([b"hi"], end=b"zz\r\n")) == b"hi"
    assert dechunker.damage is not None
    assert dechunker.feed(coded([b"more"])) == b""
