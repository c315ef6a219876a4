"""The generations of this worker: started, kept alive, shared with the other workers, ended."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Generator, Iterable

import gevent

from chatstream.services import signals
from chatstream.services.generations.assignment import Assignment
from chatstream.services.generations.following import RemoteFollowers
from chatstream.services.generations.generation import AppContext, Generation
from chatstream.services.generations.outcomes import DATABASE_GONE, any_running, beat, reap
from chatstream.services.n8n import N8nStreamer
from chatstream.services.shared_log import SharedLog
from chatstream.services.shared_log.interface import SharedLogUnavailable
from chatstream.services.signals import Listener

log = logging.getLogger(__name__)

FLUSH_S = 0.2
"""How often the events of all generations go to the shared log, in one write."""
HEARTBEAT_S = 5.0
SWEEP_EVERY = 12
"""Heartbeats between two sweeps of the shared log."""
STEADY_S = 12.0
"""How long the database must have answered before generations without a heartbeat count as lost: after an outage every
worker gets the time for two heartbeats."""
LOOK_S = 0.25
"""How often a request that waits for another worker's answer looks whether it has ended."""
STORE_S = 2.0
"""What a drain gives interrupted answers to be stored."""


class GenerationRunner:
    """Runs generations and lets them be followed. One for each worker process."""

    def __init__(self, *, streamer: N8nStreamer, log: SharedLog, app_context: AppContext, listener: Listener) -> None:
        self._streamer = streamer
        self._log = log
        self._app_context = app_context
        self._generations: dict[uuid.UUID, Generation] = {}
        self._remote = RemoteFollowers(log=log, app_context=app_context)
        self._listener = listener
        listener.subscribe(self._heard)
        self._keepers: list[gevent.Greenlet[[], None]] = []
        self._steady_since = time.monotonic()

    def start(self, assignment: Assignment) -> Generation:
        """Begin to fetch an answer."""
        self.keep_watch()
        generation = Generation(assignment, streamer=self._streamer, app_context=self._app_context)
        self._generations[assignment.generation_id] = generation
        generation.start()
        return generation

    def follow(self, generation_id: uuid.UUID, after: int = 0) -> Generator[bytes, None, None]:
        """The frames of an answer after number ``after``, whichever worker writes it; see EventLog.follow."""
        here = self._generations.get(generation_id)
        return here.log.follow(after) if here else self._remote.follow(generation_id, after)

    def is_running(self, generation_id: uuid.UUID) -> bool:
        """Whether an answer has not ended yet, on whichever worker."""
        with self._app_context():
            return any_running([generation_id])

    def wait_for(self, generation_id: uuid.UUID) -> None:
        """Wait until an answer has ended, on whichever worker."""
        here = self._generations.get(generation_id)
        if here is not None:
            here.wait()
        while self.is_running(generation_id):
            gevent.sleep(LOOK_S)

    def keep_watch(self) -> None:
        """Start the greenlets that share events, keep heartbeats and listen to the other workers."""
        if not self._keepers:
            work = (self._watch, self._share, self._listener.run, self._listen_to_log)
            self._keepers = [gevent.spawn(each) for each in work]

    def drain(self, timeout: float) -> None:
        """Give running answers ``timeout`` seconds to end, then store what they have as ``interrupted``."""
        running = list(self._generations.values())
        _wait_for(running, timeout)
        for generation in running:
            generation.halt("interrupted")
        _wait_for(running, STORE_S)
        self._share_once()

    def _heard(self, word: str, ids: list[uuid.UUID]) -> None:
        if word == signals.EVENTS:
            for generation_id in ids:
                self._remote.wake(generation_id)
        elif word == signals.STOP:
            for generation_id in ids:
                if here := self._generations.get(generation_id):
                    here.halt("stopped")
        elif not word:
            self._remote.wake(None)

    def _listen_to_log(self) -> None:
        self._log.listen(self._remote.wake)

    def _share(self) -> None:
        while True:
            gevent.sleep(FLUSH_S)
            self._share_once()

    def _share_once(self) -> None:
        """One write for everything that has been said since the last; what can not be written waits."""
        for here in self._generations.values():
            here.log.settle()
        batches = [batch for here in self._generations.values() if (batch := here.log.unshared())]
        if not batches:
            return
        try:
            with self._app_context():
                self._log.write(batches)
        except SharedLogUnavailable:
            return  # it is all still there at the next turn
        except Exception:
            log.exception("events could not be shared")
            return
        for batch in batches:
            key = uuid.UUID(batch.generation_id)
            here = self._generations[key]
            here.log.mark_shared(batch)
            if here.log.fully_shared:
                del self._generations[key]

    def _watch(self) -> None:
        beats = 0
        while True:
            try:
                with self._app_context():
                    self._beat()
                    self._reap()
                    if beats % SWEEP_EVERY == 0:
                        self._log.sweep()
            except (*DATABASE_GONE, SharedLogUnavailable):
                log.warning("heartbeat: the database does not answer")
                self._steady_since = time.monotonic()
            except Exception:
                log.exception("heartbeat failed")
            beats += 1
            gevent.sleep(HEARTBEAT_S)

    def _beat(self) -> None:
        own = [key for key, here in self._generations.items() if not here.has_ended]
        if not own:
            return
        alive = beat(own)
        for key in own:
            here = self._generations.get(key)
            if here is None:
                continue
            if key not in alive:
                here.halt("abandoned")
            elif alive[key]:
                here.halt("stopped")  # the word of it was lost

    def _reap(self) -> None:
        if time.monotonic() - self._steady_since < STEADY_S:
            return
        reaped = reap(self._log, list(self._generations))
        if reaped:
            log.warning("%d answers of lost workers were closed as interrupted", reaped)


def _wait_for(generations: Iterable[Generation], timeout: float) -> None:
    deadline = time.monotonic() + timeout
    for generation in generations:
        generation.wait(max(0.0, deadline - time.monotonic()))
