"""Calls to workflows under gevent's patches, as in production. Run by test_n8n.py in a process of its own."""

from __future__ import annotations

import time
from typing import Any

import gevent
import pytest

from chatstream.services import webhook_answer
from tests.support.raw_server import chunk, chunked_head
from tests.unit.test_n8n import HI, TestLimits, answering, call, outcome, streamer

__all__ = ["TestLimits"]  # collected here a second time


class TestPatched:
    """What only gevent can do."""

    @pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nX: ", chunked_head() + b"5;"])
    def test_drip_inside_of_one_read(self, head: bytes) -> None:
        with answering(head, *[(0.1, b"x")] * 40, ends="hangs") as server:
            started = time.monotonic()
            got, _ = outcome(server, idle_timeout_s=5, total_timeout_s=0.5)
        assert got.terminal == "upstream_timeout"
        assert time.monotonic() - started < 1.5

    def test_a_killed_greenlet_closes_the_connection_at_once(self) -> None:
        with answering(chunked_head() + chunk(HI), ends="hangs") as server:
            reader = gevent.spawn(lambda: list(streamer().stream_response(call(server.url))))
            gevent.sleep(0.2)
            reader.kill()
            assert server.hung_up.wait(1)

    def test_a_timeout_from_outside_is_not_ours(self) -> None:
        with answering(chunked_head() + chunk(HI), ends="hangs") as server:
            with pytest.raises(gevent.Timeout), gevent.Timeout(0.2):
                list(streamer().stream_response(call(server.url)))
            assert server.hung_up.wait(1)

    @pytest.mark.parametrize("work_s", [0, 0.002])
    def test_an_answer_that_never_waits_lets_others_run(self, work_s: float, monkeypatch: pytest.MonkeyPatch) -> None:
        """Also where each read is work for longer than a moment, on a busy machine or out of a compressed body."""
        read = webhook_answer.WebhookAnswer.read
        reads = most = 0

        def work_and_read(answer: webhook_answer.WebhookAnswer) -> Any:
            nonlocal reads, most
            until = time.perf_counter() + work_s
            while time.perf_counter() < until:
                pass
            pieces = read(answer)
            reads += 1
            most = max(most, reads)
            return pieces

        def take_turns() -> None:
            nonlocal reads
            while True:
                gevent.sleep(0)
                reads = 0

        monkeypatch.setattr(webhook_answer.WebhookAnswer, "read", work_and_read)
        line = b'{"type":"item","content":"abcdefgh","metadata":{"nodeId":"A","runIndex":0,"itemIndex":0}}\n'
        with answering(chunked_head() + chunk(line * 100_000) + chunk(b"")) as server:
            other = gevent.spawn(take_turns)
            got, _ = outcome(server)
            other.kill()
        assert got.terminal == "complete"
        assert most < 20, "so many reads of 64 KiB came one after another"
