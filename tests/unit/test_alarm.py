"""A time limit that is moved."""

from __future__ import annotations

import time

import gevent

from chatstream.services.alarm import Alarm


def rings_of(*delays: float) -> list[float]:
    """When an alarm rang that was set to one delay after the other, in seconds; waits a while longer than the last."""
    started = time.monotonic()
    rings: list[float] = []
    alarm = Alarm(lambda: rings.append(time.monotonic() - started))
    for delay in delays:
        alarm.set(started + delay)
    gevent.sleep(delays[-1] + 0.1)
    return rings


def test_it_rings_once() -> None:
    (rang,) = rings_of(0.05)
    assert rang >= 0.05


def test_moved_later_it_rings_then_and_not_before() -> None:
    (rang,) = rings_of(0.05, 0.2)
    assert rang >= 0.2


def test_moved_earlier_it_does_not_wait_for_the_first_time() -> None:
    (rang,) = rings_of(30.0, 0.05)
    assert rang >= 0.05


def test_it_rings_again_when_it_is_set_again() -> None:
    rings: list[int] = []
    alarm = Alarm(lambda: rings.append(1))
    for _ in range(2):
        alarm.set(time.monotonic())
        gevent.sleep(0.05)
    assert rings == [1, 1]


def test_closed_it_does_not_ring() -> None:
    rings: list[int] = []
    alarm = Alarm(lambda: rings.append(1))
    alarm.set(time.monotonic() + 0.05)
    alarm.close()
    gevent.sleep(0.15)
    assert rings == []
