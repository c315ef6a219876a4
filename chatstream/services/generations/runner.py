"""The generations of this worker: started, kept alive, shared with the other workers, ended."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Generator

import gevent
from gevent.event import Event as Flag

from chatstream.services import signals
from chatstream.services.event_log import KEEP_ALIVE_S
from chatstream.services.generations.assignment import Assignment
from chatstream.services.generations.following import RemoteFollowers
from chatstream.services.generations.generation import AppContext, Generation
from chatstream.services.generations.naming import Namer
from chatstream.services.generations.observing import Observer
from chatstream.services.generations.outcomes import DATABASE_GONE, any_running, beat
from chatstream.services.generations.reaping import reap
from chatstream.services.generations.resuming import TELLING_S, Place
from chatstream.services.generations.sharing import Sharer
from chatstream.services.n8n import N8nStreamer
from chatstream.services.purging import purge
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
"""How often something that can not be waited for is looked at."""
STORE_S = 2.0
"""What a drain gives interrupted answers to be stored."""


class GenerationRunner:
    """Runs generations and lets them be followed. One for each worker process."""

    def __init__(
        self,
        *,
        streamer: N8nStreamer,
        log: SharedLog,
        app_context: AppContext,
        listener: Listener,
        observer: Observer,
    ) -> None:
        self._streamer = streamer
        self._log = log
        self._app_context = app_context
        self._namer = Namer(streamer=streamer, app_context=app_context)
        self._generations: dict[uuid.UUID, Generation] = {}
        self._sharer = Sharer(log=log, app_context=app_context, observer=observer)
        self._remote = RemoteFollowers(log=log, app_context=app_context)
        self._observer = observer
        self._listener = listener
        listener.subscribe(self._heard)
        self._keepers: list[gevent.Greenlet[[], None]] = []
        self._steady_since = time.monotonic()
        self._draining = False
        self.is_stopping = False
        """Whether the worker has been told to stop: it takes no new connections, and ends its answers."""

    def start(self, assignment: Assignment) -> Generation:
        """Begin to fetch an answer."""
        self.keep_watch()
        generation = Generation(
            assignment,
            streamer=self._streamer,
            app_context=self._app_context,
            observer=self._observer,
            aftermath=self._namer.name,
        )
        self._generations[assignment.generation_id] = generation
        generation.start()
        return generation

    def follow(self, place: Place) -> Generator[bytes, None, None]:
        """The frames of an answer from a place on, whichever worker writes it; see EventLog.follow."""
        here = self._generations.get(place.generation_id)
        if here:
            return here.log.follow(place.after)
        patience_s = TELLING_S if place.has_ended else KEEP_ALIVE_S
        return self._remote.follow(place.generation_id, place.after, patience_s=patience_s)

    def is_here(self, generation_id: uuid.UUID) -> bool:
        """Whether this worker writes an answer, or has just done so."""
        return generation_id in self._generations

    def is_running(self, generation_id: uuid.UUID) -> bool:
        """Whether an answer has not ended yet, on whichever worker."""
        with self._app_context():
            return any_running([generation_id])

    def wait_for(self, generation_id: uuid.UUID) -> None:
        """Wait until an answer has ended, on whichever worker; not longer than this worker serves."""
        here = self._generations.get(generation_id)
        if here is not None:
            here.wait()
        while not self._draining and self.is_running(generation_id):
            gevent.sleep(LOOK_S)

    def keep_watch(self) -> None:
        """Start the greenlets that share events, keep heartbeats and listen to the other workers."""
        if not self._keepers:
            work = (self._watch, self._share, self._listener.run, self._listen_to_log, self._remote.read_for_all)
            self._keepers = [gevent.spawn(each) for each in work]

    def drain(self, timeout: float, served: Flag) -> None:
        """Give running answers ``timeout`` seconds to end, then store what they have as ``interrupted``.

        Streams of other workers' answers are ended then as well: their clients come back elsewhere. ``served``: the
        last request has been answered, so that no further answer can begin.
        """
        self.is_stopping = True
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline and not (served.is_set() and self._is_idle):
            gevent.sleep(LOOK_S)
        self._draining = True
        self._remote.close()
        for generation in list(self._generations.values()):
            generation.halt("interrupted")
        self._wait_for_all(STORE_S)
        self._share_once()

    @property
    def _is_idle(self) -> bool:
        return all(generation.has_ended for generation in self._generations.values())

    def _wait_for_all(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        for generation in list(self._generations.values()):
            generation.wait(max(0.0, deadline - time.monotonic()))

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
        here = {key: generation.log for key, generation in self._generations.items()}
        self._sharer.share(here)
        for key, events in here.items():
            if events.fully_shared:
                self._generations.pop(key, None)

    def _watch(self) -> None:
        beats = 0
        while True:
            try:
                with self._app_context():
                    self._beat()
                    self._reap()
                    if beats % SWEEP_EVERY == 0:
                        self._log.sweep()
                    purge()
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
            self._observer.reaped(reaped)
            log.warning("%d answers of lost workers were closed as interrupted", reaped)
