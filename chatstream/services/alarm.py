"""A time limit that is moved again and again for next to nothing.

A stream has one for each piece, and nearly all of them pass unused. `gevent.Timeout` makes, starts and stops a timer
each time. Here moving the limit is an assignment; the timer that runs looks, when it fires, whether it has been moved.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from gevent import get_hub


class Alarm:
    """Calls ``ring`` once, in the hub, when the time that was set last is over. ``ring`` must not wait."""

    def __init__(self, ring: Callable[[], object]) -> None:
        self._ring = ring
        self._due = 0.0
        self._fires = 0.0
        self._timer: Any = None

    def set(self, due: float) -> None:
        """Ring at ``due`` (time.monotonic), and at no other time that was set before."""
        self._due = due
        if self._timer is None or due < self._fires:
            self._start(due - time.monotonic())

    def close(self) -> None:
        """Never ring."""
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.stop()
            timer.close()

    def _start(self, seconds: float) -> None:
        self.close()
        self._fires = self._due
        self._timer = get_hub().loop.timer(max(seconds, 0.0))
        self._timer.start(self._look)

    def _look(self) -> None:
        left = self._due - time.monotonic()
        if left > 0:
            self._start(left)
        else:
            self.close()
            self._ring()
