"""A view on a stack of its own."""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any

import gevent
import pytest
from greenlet import getcurrent

from chatstream.http.own_stack import OwnStack

ENVIRON: dict[str, Any] = {"PATH_INFO": "/"}


def start_response(*_args: Any) -> Any:
    """Nobody listens."""


def test_the_view_runs_elsewhere_and_its_answer_is_iterated_here() -> None:
    places: list[Any] = []

    def pieces() -> Iterable[bytes]:
        places.append(getcurrent())
        yield b"x"

    def app(environ: dict[str, Any], _start: Any) -> Iterable[bytes]:
        assert environ is ENVIRON
        gevent.sleep(0)  # a view may wait
        places.append(getcurrent())
        return pieces()

    assert list(OwnStack(app)(ENVIRON, start_response)) == [b"x"]
    assert places[0] is not getcurrent()
    assert places[0].dead
    assert places[1] is getcurrent()


def test_what_is_current_here_is_so_in_the_view() -> None:
    current: ContextVar[str] = ContextVar("current")
    current.set("span")

    def app(_environ: dict[str, Any], _start: Any) -> Iterable[bytes]:
        told = current.get().encode()
        current.set("other")
        return [told]

    assert list(OwnStack(app)(ENVIRON, start_response)) == [b"span"]
    assert current.get() == "span"


@pytest.mark.parametrize("waits", [False, True])
def test_what_it_raises_is_raised_here(waits: bool) -> None:
    def app(_environ: dict[str, Any], _start: Any) -> Iterable[bytes]:
        if waits:
            gevent.sleep(0)
        raise LookupError("oh")

    with pytest.raises(LookupError, match="oh"):
        OwnStack(app)(ENVIRON, start_response)


def waiting(ended: list[str]) -> OwnStack:
    """A view that waits for long, and for a moment more when it is ended: a rollback waits for the database."""

    def app(_environ: dict[str, Any], _start: Any) -> Iterable[bytes]:
        try:
            gevent.sleep(60)
        finally:
            gevent.sleep(0)
            ended.append("view")
        raise AssertionError

    return OwnStack(app)


def test_who_is_killed_takes_the_view_along() -> None:
    ended: list[str] = []
    request = gevent.spawn(waiting(ended), ENVIRON, start_response)
    gevent.sleep(0)
    request.kill(timeout=1)
    assert request.dead
    assert ended == ["view"]


def test_a_time_limit_of_the_caller_reaches_the_view() -> None:
    ended: list[str] = []
    with pytest.raises(gevent.Timeout), gevent.Timeout(0.01):
        waiting(ended)(ENVIRON, start_response)
    assert ended == ["view"]
