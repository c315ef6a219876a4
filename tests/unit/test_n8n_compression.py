"""Answers that come compressed although unasked for, and those that are bombs."""

from __future__ import annotations

import time
import tracemalloc
import zlib
from collections.abc import Iterable

import pytest

from tests.support.captures import Expected
from tests.support.raw_server import response
from tests.unit.test_n8n import HI, answering, outcome


class TestCompression:
    def packed(self, blocks: Iterable[bytes], how: str) -> bytes:
        packer = zlib.compressobj(wbits=31 if how == "gzip" else 15)
        return b"".join([*(packer.compress(block) for block in blocks), packer.flush()])

    @pytest.mark.parametrize("how", ["gzip", "deflate"])
    def test_unasked_for(self, how: str) -> None:
        with answering(response(self.packed([HI], how), headers=[f"Content-Encoding: {how}"])) as server:
            assert outcome(server)[0] == Expected("complete", "hi")

    def test_broken(self) -> None:
        with answering(response(b"\x1f\x8bnonsense", headers=["Content-Encoding: gzip"])) as server:
            assert outcome(server)[0].terminal == "upstream_invalid"

    @pytest.mark.parametrize("how", ["gzip", "deflate"])
    @pytest.mark.parametrize("form", ["text", "line"])
    def test_a_bomb_is_caught_with_flat_memory(self, how: str, form: str) -> None:
        start = b'{"type":"item","content":"' * (form == "line")
        names = how.split(", ")
        bomb = self.packed([start, *[b"x" * 1_000_000] * 200], names[0])
        for name in names[1:]:
            bomb = self.packed([bomb], name)
        with answering(response(bomb, headers=[f"Content-Encoding: {how}"])) as server:
            started = time.monotonic()
            tracemalloc.start()
            try:
                got, _ = outcome(server)
                peak = tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()
            assert time.monotonic() - started < 3
        assert got.terminal == "upstream_too_large"
        assert peak < 20_000_000
