"""Following an answer that another worker writes, or that has just ended: from the shared log."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from typing import Any

from gevent.event import Event as Flag

from chatstream.services import sse
from chatstream.services.event_log import KEEP_ALIVE_S
from chatstream.services.generations.outcomes import DATABASE_GONE, any_running
from chatstream.services.shared_log import Batch, SharedLog
from chatstream.services.shared_log.interface import SharedLogUnavailable

AWAY_S = 1.0
"""How soon to look again while the log's store does not answer."""


class RemoteFollowers:
    """The followers in this worker of logs that grow elsewhere. ``woken`` by what the listener hears."""

    def __init__(self, *, log: SharedLog, app_context: Callable[[], AbstractContextManager[Any]]) -> None:
        self._log = log
        self._app_context = app_context
        self._flags: dict[uuid.UUID, set[Flag]] = {}

    def wake(self, generation_id: uuid.UUID | None) -> None:
        """The log of a generation has grown; None: any may have."""
        ids = list(self._flags) if generation_id is None else [generation_id]
        for key in ids:
            for flag in self._flags.get(key, ()):
                flag.set()

    def follow(
        self, generation_id: uuid.UUID, after: int = 0, *, keep_alive_s: float = KEEP_ALIVE_S
    ) -> Generator[bytes, None, None]:
        """Yield the frames after number ``after`` to the end of the log; a comment after each silence.

        Reads once for each time that the log has grown, and holds no connection in between. Ends without a terminal
        frame where the log did, and where a frame is missing: the client then asks again and is told.
        """
        flag = Flag()
        self._flags.setdefault(generation_id, set()).add(flag)
        try:
            while True:
                flag.clear()
                batches = self._read(generation_id, after)
                for batch in batches or ():
                    skipped = after + 1 - batch.first
                    if skipped < 0:
                        return  # a gap
                    fresh = batch.payloads[skipped:]
                    if fresh:
                        yield b"".join(
                            sse.frame(batch.generation_id, after + n, payload) for n, payload in enumerate(fresh, 1)
                        )
                        after += len(fresh)
                    if batch.is_last:
                        return
                if not flag.wait(keep_alive_s if batches is not None else AWAY_S):
                    if batches == [] and self._is_over(generation_id):
                        return  # its worker was killed after the end was stored, and before it was told
                    yield sse.KEEP_ALIVE
        finally:
            self._forget(generation_id, flag)

    def _read(self, generation_id: uuid.UUID, after: int) -> list[Batch] | None:
        """What is new; None while the log's store does not answer."""
        try:
            with self._app_context():
                return self._log.read(generation_id, after=after)
        except SharedLogUnavailable:
            return None

    def _is_over(self, generation_id: uuid.UUID) -> bool:
        try:
            with self._app_context():
                return not any_running([generation_id])
        except DATABASE_GONE:
            return False

    def _forget(self, generation_id: uuid.UUID, flag: Flag) -> None:
        flags = self._flags[generation_id]
        flags.discard(flag)
        if not flags:
            del self._flags[generation_id]
