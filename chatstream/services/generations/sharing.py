"""What the generations of a worker say goes to the shared log, in few writes for all of them."""

from __future__ import annotations

import logging
import uuid
from collections import deque
from collections.abc import Mapping

import gevent
from gevent.lock import RLock

from chatstream.services.event_log import EventLog
from chatstream.services.generations.generation import AppContext
from chatstream.services.generations.observing import Observer
from chatstream.services.shared_log import Batch, SharedLog
from chatstream.services.shared_log.interface import SharedLogUnavailable

log = logging.getLogger(__name__)

WRITE_BYTES = 256 * 1024
"""A write that has so much is sent. Encoding and escaping megabytes at once would keep everybody else waiting."""
LOOKED_AT_ONCE = 20
"""Answers between two turns for others: to gather from hundreds in one go would hold up the next token of each."""
PIECE_BYTES = 128 * 1024
"""So much of one answer goes in one write; the rest waits until the others have had their turn."""


class Sharer:
    """Writes what is new. What can not be written waits, and is still there at the next turn."""

    def __init__(self, *, log: SharedLog, app_context: AppContext, observer: Observer) -> None:
        self._log = log
        self._app_context = app_context
        self._observer = observer
        self._turn = RLock()
        self._is_doubtful = False
        """Whether a write failed: the store may have taken it all the same, or may have lost what it had."""

    def share(self, events: Mapping[uuid.UUID, EventLog]) -> None:
        """Write all that these logs have. Others that call it meanwhile wait."""
        for each in events.values():
            each.settle()
        try:
            with self._turn:
                if self._is_doubtful:
                    self._look_again(events)
                self._write(list(events.values()))
                self._observer.shared_everything()
        except SharedLogUnavailable:
            self._is_doubtful = True
        except Exception:
            self._is_doubtful = True
            log.exception("events could not be shared")

    def _write(self, logs: list[EventLog]) -> None:
        waiting = deque(logs)
        while waiting:
            taken, long = self._gathered(waiting)
            if not taken:
                return
            batches = [batch for _, batch in taken]
            with self._observer.sharing(batches), self._app_context():
                self._log.write(batches)
            for each, batch in taken:
                each.mark_shared(batch)
            waiting.extend(long)

    @staticmethod
    def _gathered(waiting: deque[EventLog]) -> tuple[list[tuple[EventLog, Batch]], list[EventLog]]:
        """What goes into one write, taken from the left; and those that had more than a piece."""
        taken: list[tuple[EventLog, Batch]] = []
        long: list[EventLog] = []
        size = looked = 0
        while waiting and size < WRITE_BYTES:
            looked += 1
            if looked % LOOKED_AT_ONCE == 0:
                gevent.sleep(0)
            each = waiting.popleft()
            if batch := each.unshared(PIECE_BYTES):
                taken.append((each, batch))
                size += sum(map(len, batch.payloads))
                if batch.end < each.end:
                    long.append(each)
        return taken, long

    def _look_again(self, events: Mapping[uuid.UUID, EventLog]) -> None:
        with self._app_context():
            reach = self._log.reach(events.keys())
        for key, after in reach.items():
            events[key].share_again(after)
        self._is_doubtful = False
