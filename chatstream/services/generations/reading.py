"""Reading an answer without a greenlet of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import gevent

from chatstream.errors import UpstreamError
from chatstream.services.alarm import Alarm
from chatstream.services.events import Replace, Text
from chatstream.services.webhook_answer import WebhookAnswer

TURN_S: Final = 0.005
"""How long an answer that comes faster than it is read may keep the others waiting."""
_READABLE: Final = 1


class Reading:
    """Reads one answer until it ``is_over``. ``failure``: how the workflow failed; ``crash``: how we did.

    A greenlet calls the workflow, waits for the head of its answer, and ends. From there on the loop reads, whenever
    something has come: a greenlet that waited would take 20 KB for each open answer, and for each token a switch to it
    and back. What is called in the loop can not wait: what has to, is left to ``over``.
    """

    def __init__(
        self,
        call: Callable[[], WebhookAnswer],
        *,
        take: Callable[[Sequence[Text | Replace]], None],
        over: Callable[[], None],
    ) -> None:
        """``call`` may wait. ``take`` gets pieces, and ``over`` is called once: both in the loop, or by `halt`."""
        self.failure: UpstreamError | None = None
        self.crash: Exception | None = None
        self._call: Callable[[], WebhookAnswer] | None = call
        self._take = take
        self._over = over
        self._answer: WebhookAnswer | None = None
        self.is_over = False
        self._is_halted = False
        self._opener: gevent.Greenlet[[], None] | None = None
        self._loop = gevent.get_hub().loop
        self._watcher: Any = None
        self._alarm: Alarm | None = None

    def start(self) -> None:
        """Begin. Returns at once."""
        self._opener = gevent.spawn(self._open)
        self._opener.link(self._opened)

    def halt(self) -> None:
        """End it where it is. Returns at once."""
        if self._opener is not None:
            self._is_halted = True
            self._opener.kill(block=False)
        else:
            self._end()

    def close(self) -> None:
        """Let go of the connection. To be called once it is over, where one may wait."""
        if self._answer is not None:
            self._answer.close(self.crash)
            self._answer = None

    def _open(self) -> None:
        call, self._call = self._call, None  # a call has all the messages of its chat
        assert call
        try:
            self._answer = call()
        except UpstreamError as failure:
            self.failure = failure
        except Exception as crash:  # noqa: BLE001 - it is told where one may wait
            self.crash = crash

    def _opened(self, _opener: object) -> None:
        """In the loop: the greenlet has ended, in one way or another."""
        self._opener = None
        if self._answer is None or self._is_halted:
            self._end()
            return
        self._alarm = Alarm(self._ready)
        self._watcher = self._loop.io(self._answer.fileno, _READABLE)
        self._watcher.start(self._ready)
        self._ready()  # something may have come with the head

    def _ready(self) -> None:
        """In the loop: there is something to read, or it is due."""
        if self.is_over:
            return
        answer, alarm = self._answer, self._alarm
        assert answer
        assert alarm
        until = time.monotonic() + TURN_S
        try:
            while True:
                if pieces := answer.read():
                    self._take(pieces)
                    if self._watcher is None:
                        return  # a follower was woken, and has halted it
                if answer.is_over:
                    self.failure = answer.failure
                    self._end()
                    return
                if answer.is_dry:
                    break
                if time.monotonic() > until:
                    self._loop.run_callback(self._ready)
                    return
            alarm.set(answer.due)
        except Exception as crash:  # noqa: BLE001 - it is told where one may wait
            self.crash = crash
            self._end()

    def _end(self) -> None:
        if self.is_over:
            return
        self.is_over = True
        if self._watcher is not None:
            self._watcher.stop()
            self._watcher.close()
            self._watcher = None
        if self._alarm is not None:
            self._alarm.close()
        self._over()
