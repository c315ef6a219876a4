"""Reading an answer in the loop, over real sockets."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import gevent
import pytest
from gevent.event import Event as Flag

from chatstream.services.events import Replace, Text
from chatstream.services.generations.reading import Reading
from chatstream.services.webhook_answer import WebhookAnswer
from tests.support.raw_server import CaptureServer, chunk, chunked_head
from tests.unit.test_n8n import HI, answering, call, streamer

LIMIT_S = 5


class Reader:
    """A reading, and what it told."""

    def __init__(self, open_: Callable[[], WebhookAnswer], on_piece: Callable[[], object] = lambda: None) -> None:
        self.text = ""
        self.ends = 0
        self.ended = Flag()
        self.on_piece = on_piece
        self.reading = Reading(open_, take=self.take, over=self.over)

    def take(self, pieces: Sequence[Text | Replace]) -> None:
        self.text += "".join(piece.content for piece in pieces)
        self.on_piece()

    def over(self) -> None:
        self.ends += 1
        self.ended.set()

    def to_its_end(self) -> Reading:
        """Wait until it has told its end, and no other."""
        assert self.ended.wait(LIMIT_S)
        gevent.sleep(0.01)
        assert self.ends == 1
        assert self.reading.is_over
        self.reading.close()
        return self.reading


def reader(server: CaptureServer, *, on_piece: Callable[[], object] = lambda: None, **config: Any) -> Reader:
    return Reader(lambda: streamer().open(call(server.url, **config)), on_piece)


def test_to_its_end() -> None:
    with answering(chunked_head() + chunk(HI), (0.1, chunk(HI)), (0.1, chunk(b""))) as server:
        one = reader(server)
        one.reading.start()
        done = one.to_its_end()
    assert one.text == "hihi"
    assert (done.failure, done.crash) == (None, None)


def test_a_failure_of_the_workflow() -> None:
    with answering(chunked_head() + chunk(HI + b"oops\n"), ends="hangs") as server:
        one = reader(server)
        one.reading.start()
        failure = one.to_its_end().failure
    assert one.text == "hi"
    assert failure is not None
    assert failure.code == "upstream_invalid"


def test_silence_that_is_too_long() -> None:
    with answering(chunked_head() + chunk(HI), ends="hangs") as server:
        one = reader(server, idle_timeout_s=0.3)
        started = time.monotonic()
        one.reading.start()
        failure = one.to_its_end().failure
        assert 0.25 < time.monotonic() - started < 2
        assert server.hung_up.wait(1)
    assert failure is not None
    assert failure.code == "upstream_timeout"


def test_bytes_that_drip_end_at_the_total_limit() -> None:
    with answering(chunked_head(), *[(0.1, chunk(b" "))] * 30, ends="hangs") as server:
        one = reader(server, idle_timeout_s=5, total_timeout_s=0.5)
        started = time.monotonic()
        one.reading.start()
        assert one.to_its_end().failure is not None
        assert time.monotonic() - started < 2


def test_halted_while_it_reads() -> None:
    with answering(chunked_head() + chunk(HI), ends="hangs") as server:
        one = reader(server)
        one.reading.start()
        while not one.text:
            gevent.sleep(0.01)
        one.reading.halt()
        one.reading.halt()
        one.to_its_end()
        assert server.hung_up.wait(1)


@pytest.mark.parametrize("starts", [False, True])
def test_halted_before_the_head_has_come(starts: bool) -> None:
    left: list[str] = []

    def open_() -> WebhookAnswer:
        try:
            gevent.sleep(60)
        finally:
            left.append("call")
        raise AssertionError

    one = Reader(open_)
    one.reading.start()
    if starts:
        gevent.sleep(0)
    one.reading.halt()
    done = one.to_its_end()
    assert left == ["call"] * starts
    assert (done.failure, done.crash) == (None, None)


def test_halted_by_whoever_takes_a_piece() -> None:
    """A piece wakes its followers at once, and a follower may do anything."""
    with answering(chunked_head() + chunk(HI), (0, chunk(HI)), ends="hangs") as server:
        one = reader(server, on_piece=lambda: one.reading.halt())
        one.reading.start()
        assert one.to_its_end().crash is None
    assert one.text.startswith("hi")


def test_a_fault_of_ours_is_told_and_ends_it() -> None:
    def fail() -> None:
        raise LookupError("oh")

    with answering(chunked_head() + chunk(HI), ends="hangs") as server:
        one = reader(server, on_piece=fail)
        one.reading.start()
        assert isinstance(one.to_its_end().crash, LookupError)
        assert server.hung_up.wait(1)


def test_a_fault_while_it_calls() -> None:
    def open_() -> WebhookAnswer:
        raise LookupError("oh")

    one = Reader(open_)
    one.reading.start()
    assert isinstance(one.to_its_end().crash, LookupError)


def test_others_have_their_turn_while_an_answer_comes_fast() -> None:
    line = b'{"type":"item","content":"abcdefgh","metadata":{"nodeId":"A","runIndex":0,"itemIndex":0}}\n'
    turns = 0

    def take_turns() -> None:
        nonlocal turns
        while True:
            gevent.sleep(0)
            turns += 1

    with answering(chunked_head() + chunk(line * 100_000) + chunk(b"")) as server:
        one = reader(server)
        other = gevent.spawn(take_turns)
        one.reading.start()
        one.to_its_end()
        other.kill()
    assert len(one.text) == 800_000
    assert turns > 10
