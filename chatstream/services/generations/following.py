"""Following an answer that another worker writes, or that has just ended: from the shared log.

A follower reads by itself when it comes, and again when it has fallen behind. In between one greenlet of the worker
reads for all that wait: whatever has grown, in one round trip, however many they are.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from gevent.event import Event as Flag

from chatstream.services import sse
from chatstream.services.event_log import KEEP_ALIVE_S
from chatstream.services.generations.outcomes import DATABASE_GONE, any_running
from chatstream.services.shared_log import Batch, SharedLog
from chatstream.services.shared_log.interface import SharedLogUnavailable

log = logging.getLogger(__name__)

AWAY_S = 1.0
"""How soon to look again while the log's store does not answer."""


class _Follower:
    """One client: where it is in the log, and what was read for it. ``is_behind``: it must read by itself."""

    def __init__(self, after: int) -> None:
        self.after = after
        self.is_behind = True
        self.is_waiting = False
        self.handed: Sequence[Batch] = ()
        self.flag = Flag()

    def hand(self, batches: Sequence[Batch]) -> None:
        """Wake it with what is new."""
        self.handed = batches
        self._wake()

    def fall_behind(self) -> None:
        """There is more than it was handed."""
        self.is_behind = True
        self._wake()

    def wait(self, timeout: float) -> bool:
        """Wait for what is new; False when nothing came in ``timeout`` seconds."""
        self.flag.clear()
        self.is_waiting = True
        try:
            return self.flag.wait(timeout)
        finally:
            self.is_waiting = False

    def take(self) -> Sequence[Batch]:
        """What was handed over, once."""
        batches, self.handed = self.handed, ()
        return batches

    def _wake(self) -> None:
        self.is_waiting = False
        self.flag.set()


class RemoteFollowers:
    """The followers in this worker of logs that grow elsewhere. ``wake`` is told what the listener hears."""

    def __init__(self, *, log: SharedLog, app_context: Callable[[], AbstractContextManager[Any]]) -> None:
        self._log = log
        self._app_context = app_context
        self._followers: dict[uuid.UUID, set[_Follower]] = {}
        self._grown: set[uuid.UUID] = set()
        self._any_grown = Flag()
        self._closed = False

    def wake(self, generation_id: uuid.UUID | None) -> None:
        """The log of a generation has grown; None: any may have."""
        self._grown |= self._followers.keys() if generation_id is None else self._followers.keys() & {generation_id}
        if self._grown:
            self._any_grown.set()

    def close(self) -> None:
        """End every stream, without a terminal frame: the worker stops, and clients come back to another."""
        self._closed = True
        for followers in self._followers.values():
            for follower in followers:
                follower.fall_behind()

    def read_for_all(self) -> None:
        """Read what has grown, for ever, and hand it to those that wait for it. Runs in a greenlet of its own."""
        while True:
            self._any_grown.wait()
            self._any_grown.clear()
            grown, self._grown = self._grown, set()
            try:
                self._hand_over(grown)
            except Exception:
                log.exception("what other workers said could not be read")  # followers also look by themselves

    def follow(
        self,
        generation_id: uuid.UUID,
        after: int = 0,
        *,
        keep_alive_s: float = KEEP_ALIVE_S,
        patience_s: float = KEEP_ALIVE_S,
    ) -> Generator[bytes, None, None]:
        """Yield the frames after number ``after`` to the end of the log; a comment after each silence.

        Holds no connection while it waits. Ends without a terminal frame where the log did, where a frame is missing,
        and after a silence of ``patience_s`` when the generation has ended: the client then asks again and is told.
        """
        follower = _Follower(after)
        self._followers.setdefault(generation_id, set()).add(follower)
        try:
            while not self._closed:
                batches = self._next(generation_id, follower)
                for batch in batches or ():
                    skipped = follower.after + 1 - batch.first
                    if skipped < 0:
                        return  # a gap
                    if frames := _frames(batch, skipped):
                        yield frames
                        follower.after = max(follower.after, batch.end)
                    if batch.is_last:
                        return
                if follower.is_behind or follower.handed:
                    continue
                if not follower.wait(AWAY_S if batches is None else min(keep_alive_s, patience_s)):
                    if batches is not None and self._is_over(generation_id):
                        return  # its worker was killed after the end was stored, and before it was told
                    follower.is_behind = True  # the word of it may have been lost
                    yield sse.KEEP_ALIVE
        finally:
            self._forget(generation_id, follower)

    def _next(self, generation_id: uuid.UUID, follower: _Follower) -> Sequence[Batch] | None:
        """What is new to a follower; None while the log's store does not answer."""
        handed = follower.take()
        if not follower.is_behind:
            return handed
        follower.is_behind = False
        found = self._read({generation_id: follower.after})
        return None if found is None else found[generation_id]

    def _hand_over(self, grown: set[uuid.UUID]) -> None:
        """Read once for all that wait for one of these; those at work read by themselves afterwards."""
        places: dict[uuid.UUID, int] = {}
        for key in grown:
            for follower in self._followers.get(key, ()):
                if follower.is_waiting:
                    places[key] = min(follower.after, places.get(key, follower.after))
                else:
                    follower.is_behind = True
        found = self._read(places) if places else {}
        for key in places:
            for follower in self._followers.get(key, ()):
                if found is None or not follower.is_waiting:
                    follower.fall_behind()
                elif found[key]:
                    follower.hand(found[key])

    def _read(self, places: Mapping[uuid.UUID, int]) -> dict[uuid.UUID, list[Batch]] | None:
        try:
            with self._app_context():
                return self._log.read_many(places)
        except SharedLogUnavailable:
            return None

    def _is_over(self, generation_id: uuid.UUID) -> bool:
        try:
            with self._app_context():
                return not any_running([generation_id])
        except DATABASE_GONE:
            return False

    def _forget(self, generation_id: uuid.UUID, follower: _Follower) -> None:
        followers = self._followers[generation_id]
        followers.discard(follower)
        if not followers:
            del self._followers[generation_id]


def _frames(batch: Batch, skipped: int) -> bytes:
    """The frames of a batch but the first ``skipped``, as one piece."""
    fresh = enumerate(batch.payloads[skipped:], batch.first + skipped)
    return b"".join(sse.frame(batch.generation_id, number, payload) for number, payload in fresh)
