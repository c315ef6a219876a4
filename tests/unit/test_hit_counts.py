"""Counting hits in memory: as limits does, without a thread, and without keeping what has expired."""

from __future__ import annotations

import threading
import time

import pytest
from limits import parse
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter

from chatstream import hit_counts
from chatstream.hit_counts import SCHEME, HitCounts

TWO_A_MINUTE = parse("2 per minute")


class Clock:
    now = 1_000_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "time", clock.time)
    return clock


def test_it_is_what_its_scheme_names() -> None:
    assert isinstance(storage_from_string(f"{SCHEME}://"), HitCounts)


def test_a_window_moves(clock: Clock) -> None:
    limiter = MovingWindowRateLimiter(HitCounts())
    assert [limiter.hit(TWO_A_MINUTE, "somebody") for _ in range(3)] == [True, True, False]
    clock.now += 59
    assert not limiter.hit(TWO_A_MINUTE, "somebody")
    assert limiter.hit(TWO_A_MINUTE, "else")
    clock.now += 2
    assert [limiter.hit(TWO_A_MINUTE, "somebody") for _ in range(3)] == [True, True, False]
    assert limiter.get_window_stats(TWO_A_MINUTE, "somebody").remaining == 0


def test_a_fixed_window_ends(clock: Clock) -> None:
    limiter = FixedWindowRateLimiter(HitCounts())
    assert [limiter.hit(TWO_A_MINUTE, "somebody") for _ in range(3)] == [True, True, False]
    clock.now += 61
    assert limiter.hit(TWO_A_MINUTE, "somebody")


@pytest.mark.parametrize("strategy", [MovingWindowRateLimiter, FixedWindowRateLimiter])
def test_what_has_expired_is_forgotten(
    clock: Clock, strategy: type[MovingWindowRateLimiter] | type[FixedWindowRateLimiter]
) -> None:
    """By the hits of others, and in no other way."""
    storage = HitCounts()
    limiter = strategy(storage)
    for number in range(1000):
        limiter.hit(TWO_A_MINUTE, f"person {number}")
    assert len(storage.events) + len(storage.storage) == 1000
    clock.now += 61
    for _ in range(1000 * 2 // hit_counts.LOOKED_AT):
        limiter.test(TWO_A_MINUTE, "somebody")
        limiter.hit(TWO_A_MINUTE, "somebody")
    for kept in (storage.events, storage.storage, storage.expirations, storage.locks):
        assert len(kept) <= 1, kept


def test_somebody_who_never_stops_is_counted_in_bounded_memory(clock: Clock) -> None:
    storage = HitCounts()
    limiter = MovingWindowRateLimiter(storage)
    for _ in range(500):
        limiter.hit(TWO_A_MINUTE, "somebody")
        clock.now += 20
    assert max(len(hits) for hits in storage.events.values()) <= 3


def test_nothing_runs_beside() -> None:
    before = threading.active_count()
    limiter = MovingWindowRateLimiter(HitCounts())
    for number in range(10):
        limiter.hit(TWO_A_MINUTE, str(number))
    time.sleep(0.05)
    assert threading.active_count() <= before
