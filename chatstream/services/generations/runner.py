"""The generations of this worker: started, kept alive, ended."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterable

import gevent

from chatstream.services.generations.assignment import Assignment
from chatstream.services.generations.generation import DATABASE_GONE, AppContext, Generation
from chatstream.services.generations.outcomes import beat, reap
from chatstream.services.n8n import N8nStreamer

log = logging.getLogger(__name__)

HEARTBEAT_S = 5.0
STORE_S = 2.0
"""What a drain gives interrupted answers to be stored."""


class GenerationRunner:
    """Runs generations and keeps their heartbeat. One for each worker process."""

    def __init__(self, *, streamer: N8nStreamer, app_context: AppContext) -> None:
        self._streamer = streamer
        self._app_context = app_context
        self._running: dict[uuid.UUID, Generation] = {}
        self._keeper: gevent.Greenlet[[], None] | None = None

    def start(self, assignment: Assignment) -> Generation:
        """Begin to fetch an answer."""
        key = assignment.generation_id
        generation = Generation(
            assignment,
            streamer=self._streamer,
            app_context=self._app_context,
            on_end=lambda: self._forget(key),
        )
        self._running[key] = generation
        self.keep_watch()
        generation.start()
        return generation

    def stop(self, chat_id: uuid.UUID, *, timeout: float = 5.0) -> bool:
        """Stop the chat's running answer and wait until it is stored. False when none runs in this worker."""
        for generation in list(self._running.values()):
            if generation.assignment.chat_id == chat_id:
                generation.halt("stopped")
                return generation.wait(timeout)
        return False

    def keep_watch(self) -> None:
        """Start the greenlet that keeps heartbeats and looks for generations whose worker is gone."""
        if self._keeper is None or self._keeper.dead:
            self._keeper = gevent.spawn(self._watch)

    def drain(self, timeout: float) -> None:
        """Give running answers ``timeout`` seconds to end, then store what they have as ``interrupted``."""
        running = list(self._running.values())
        _wait_for(running, timeout)
        for generation in running:
            generation.halt("interrupted")
        _wait_for(running, STORE_S)

    def __len__(self) -> int:
        return len(self._running)

    def _forget(self, key: uuid.UUID) -> None:
        self._running.pop(key, None)

    def _watch(self) -> None:
        while True:
            try:
                with self._app_context():
                    self._beat()
                    reaped = reap(list(self._running))
                if reaped:
                    log.warning("%d interrupted generations were closed", reaped)
            except DATABASE_GONE:
                log.warning("heartbeat: the database does not answer")
            except Exception:
                log.exception("heartbeat failed")
            gevent.sleep(HEARTBEAT_S)

    def _beat(self) -> None:
        own = list(self._running)
        if not own:
            return
        alive = beat(own)
        for key in own:
            generation = self._running.get(key)
            if key not in alive and generation is not None:
                generation.halt("abandoned")


def _wait_for(generations: Iterable[Generation], timeout: float) -> None:
    deadline = time.monotonic() + timeout
    for generation in generations:
        generation.wait(max(0.0, deadline - time.monotonic()))
