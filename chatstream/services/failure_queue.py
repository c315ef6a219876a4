"""Failures on their way into error_logs, on a connection of their own: a lost transaction takes none with it.

Never itself a cause of failure: what is put waits in memory and is written by a greenlet, so many rows a second and no
more. While the database is away it waits on; where there is no room, failures are dropped and counted.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import gevent
from gevent.event import Event as Flag
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from chatstream.metrics import instruments
from chatstream.services.error_logs import Failure, kept

log = logging.getLogger(__name__)

ROOM: Final = 500
"""Kinds of failures that may wait; one of a kind that waits already only adds to its count."""
AT_ONCE: Final = 50
PAUSE_S: Final = 1.0
"""Between two writes. The first after a while of peace is written at once; a killed worker loses no more than this."""


@dataclass(slots=True)
class _Waiting:
    failure: Failure
    since: datetime
    count: int = 1


class FailureQueue:
    """One for each process. ``engine``: unpooled, in autocommit, so that an empty pool is not in its way."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: dict[str, _Waiting] = {}
        self._dropped = 0
        self._is_kept = False
        self._any = Flag()

    def put(self, failure: Failure) -> None:
        """Keep a failure; at once in a process that does not ``keep_writing``, such as a command."""
        instruments.ERRORS.labels(failure.severity).inc()
        fingerprint = failure.fingerprint
        waiting = self._waiting.get(fingerprint)
        if waiting is not None:
            waiting.failure = failure
            waiting.count += 1
        elif len(self._waiting) < ROOM:
            self._waiting[fingerprint] = _Waiting(failure, failure.at)
        else:
            self._drop()
        if self._is_kept:
            self._any.set()
        else:
            self.flush()

    def keep_writing(self) -> None:
        """Write what waits, for ever. Runs in a greenlet of its own."""
        self._is_kept = True
        while True:
            self._any.wait(PAUSE_S)  # what the database did not take is tried again without a word
            self._any.clear()
            self.flush()
            gevent.sleep(PAUSE_S)

    def flush(self) -> None:
        """Write some of what waits now; what the database does not take waits on."""
        if self._waiting:
            try:
                with self._engine.connect() as connection:
                    self._write(connection)
            except (OperationalError, InterfaceError):
                log.debug("error_logs: the database does not answer; %d wait", len(self._waiting))
        if self._dropped and not self._waiting:
            log.warning("error_logs had no room for %d failures", self._dropped)
            self._dropped = 0

    def _write(self, connection: Connection) -> None:
        for fingerprint, waiting in list(self._waiting.items())[:AT_ONCE]:
            del self._waiting[fingerprint]  # the same may happen again while this is written
            try:
                connection.execute(kept(waiting.failure, count=waiting.count, since=waiting.since))
            except (OperationalError, InterfaceError):
                self._put_back(fingerprint, waiting)
                raise
            except SQLAlchemyError as error:
                log.warning("error_logs does not take a failure: %s", type(error).__name__)
                self._drop()

    def _put_back(self, fingerprint: str, waiting: _Waiting) -> None:
        newer = self._waiting.get(fingerprint)
        if newer is None:
            self._waiting[fingerprint] = waiting
        else:
            newer.count += waiting.count
            newer.since = waiting.since

    def _drop(self) -> None:
        self._dropped += 1
        instruments.ERRORS_DROPPED.inc()
