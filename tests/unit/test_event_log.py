"""The event log of one generation, and the frames in it."""

from __future__ import annotations

import json
import random

import gevent
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatstream.services.event_log import EventLog
from chatstream.services.events import Done, Event, Failure, Replace, Status, Text
from chatstream.services.sse import KEEP_ALIVE, frame, payload, text_in
from tests.support.frames import Stream

ID = "11111111-2222-4333-8444-555555555555"
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(Text, TEXT.filter(bool)),
    st.builds(Replace, TEXT),
    st.builds(Status, TEXT, st.sampled_from(["info", "warning", "error"]), st.booleans()),
    st.builds(Failure, TEXT, TEXT),
    st.builds(Done, TEXT, TEXT, st.sampled_from(["complete", "stopped"])),
)
NAMES = {Text: "message", Replace: "replace", Status: "status", Failure: "error", Done: "done"}


def encode(generation_id: str, number: int, event: Event) -> bytes:
    return frame(generation_id, number, payload(event))


@given(EVENTS, st.integers(1, 10**9))
def test_a_frame_is_json_in_two_lines_of_ascii(event: Event, number: int) -> None:
    first, second, *rest = encode(ID, number, event).split(b"\n")
    assert rest == [b"", b""]
    assert first == f"id: {ID}:{number}".encode()
    assert second.startswith(b"data: {")
    assert all(32 <= byte < 127 for byte in second)
    fields = {name: getattr(event, name) for name in event.__dataclass_fields__}
    assert json.loads(second[6:]) == {"type": NAMES[type(event)], "data": fields}


def read(log: EventLog, after: int = 0) -> bytes:
    return b"".join(log.follow(after))


def test_followers_get_everything_whenever_they_come() -> None:
    log = EventLog(ID)
    early = gevent.spawn(read, log)
    gevent.sleep(0)
    for n in range(5):
        log.append(Text(str(n)))
    middle = gevent.spawn(read, log)
    gevent.sleep(0)
    log.append(Text("end"))
    log.close()
    late = read(log)
    stream = Stream()
    stream.feed(late)
    assert stream.text == "01234end"
    assert early.get(timeout=1) == middle.get(timeout=1) == late
    assert read(log, 5) == encode(ID, 6, Text("end"))
    assert read(log, 6) == b""


def test_frames_that_came_together_go_out_together() -> None:
    log = EventLog(ID)
    follower = log.follow()
    for n in range(100):
        log.append(Text(str(n)))
    assert next(follower).count(b"\n\n") == 100
    follower.close()


def test_silence_is_broken_by_comments() -> None:
    log = EventLog(ID)
    follower = log.follow(keep_alive_s=0.01)
    assert [next(follower) for _ in range(3)] == [KEEP_ALIVE] * 3
    log.append(Text("x"))
    assert next(follower) == encode(ID, 1, Text("x"))
    assert next(follower) == KEEP_ALIVE
    log.close()
    with pytest.raises(StopIteration):
        next(follower)


def test_a_follower_that_leaves_is_forgotten() -> None:
    log = EventLog(ID)
    follower = gevent.spawn(read, log)
    gevent.sleep(0)
    assert len(log._waiting) == 1
    follower.kill()
    assert len(log._waiting) == 0


def test_a_follower_is_woken_from_the_loop_as_well() -> None:
    """An answer is read there: its followers get a piece before the next thing happens."""
    log = EventLog(ID)
    follower = log.follow(keep_alive_s=60)
    found = gevent.spawn(next, follower)
    gevent.sleep(0)
    gevent.get_hub().loop.run_callback(log.append, Text("x"))
    gevent.sleep(0)
    assert found.ready()
    assert found.value == encode(ID, 1, Text("x"))


def test_being_woken_twice_is_no_silence() -> None:
    log = EventLog(ID)
    pieces: list[bytes] = []
    follower = gevent.spawn(lambda: pieces.extend(log.follow(keep_alive_s=60)))
    gevent.sleep(0)
    (waiter,) = log._waiting
    for _ in range(3):
        gevent.get_hub().loop.run_callback(waiter.switch, None)
        gevent.sleep(0)
    log.append(Text("x"))
    log.close()
    follower.join(1)
    assert pieces == [encode(ID, 1, Text("x"))]


@given(st.lists(EVENTS), st.integers(0, 1 << 16), st.integers(0, 1000))
def test_what_is_shared_is_everything_in_order(events: list[Event], seed: int, limit: int) -> None:
    """However often the log is shared, the batches hold every event once, and the answer's text.

    What the shared log has lost is shared again.
    """
    dice = random.Random(seed)
    log = EventLog(ID)
    shared: list[str] = []
    ends = 0

    def share() -> None:
        nonlocal ends
        if dice.random() < 0.2:
            kept = dice.randint(0, len(shared))
            del shared[kept:]
            ends = 0
            log.share_again(kept)
        while (batch := log.unshared(limit)) is not None:
            assert batch.first == len(shared) + 1
            assert len(batch.payloads) <= 1 or sum(map(len, batch.payloads)) <= limit
            shared.extend(batch.payloads)
            ends += batch.is_last
            log.mark_shared(batch)

    for event in events:
        log.append(event)
        if dice.random() < 0.4:
            share()
    log.close()
    share()
    share()
    assert ends == 1
    assert log.fully_shared
    assert shared == [payload(event) for event in events]
    stream = Stream()
    stream.feed(b"".join(log.follow()))
    assert text_in(shared) == stream.text


def test_an_answer_of_millions_of_pieces_stays_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatstream.services.event_log.FINE_EVENTS", 10)
    log = EventLog(ID)
    for n in range(5000):
        log.append(Text("abc"))
        if n == 4000:
            log.settle()
            settled = len(log._frames)
            log.settle()
            assert len(log._frames) == settled
    log.append(Status("end", done=True))
    log.close()
    stream = Stream()
    stream.feed(read(log))
    assert stream.text == "abc" * 5000
    assert stream.types[-1] == "status"
    assert len(stream.events) < 60
