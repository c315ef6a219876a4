"""Short words between workers, by PostgreSQL's NOTIFY: which logs have grown, which generations are to stop, whose
rights have changed.

A word may be lost (the listening connection breaks): whoever waits for one also looks by itself now and then.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import gevent
import psycopg2
from gevent.socket import wait_read
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from chatstream.extensions import db

log = logging.getLogger(__name__)

CHANNEL: Final = "chatstream"
EVENTS: Final = "events"
STOP: Final = "stop"
PRINCIPALS: Final = "principals"
IDS_IN_ONE: Final = 200  # a payload has at most 8000 bytes
RETRY_S: Final = 1.0

Heard = Callable[[str, list[uuid.UUID]], None]


def send(word: str, ids: Sequence[str | uuid.UUID]) -> None:
    """Tell every worker, when the caller's transaction commits."""
    for start in range(0, len(ids), IDS_IN_ONE):
        payload = f"{word} " + ",".join(str(key) for key in ids[start : start + IDS_IN_ONE])
        db.session.execute(text("SELECT pg_notify(:channel, :payload)"), {"channel": CHANNEL, "payload": payload})


class Listener:
    """Hears what the workers say. ``engine``: unpooled, in autocommit."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._hearers: list[Heard] = []

    def subscribe(self, heard: Heard) -> None:
        """Have ``heard(word, ids)`` called for every word; it must not block.

        ``heard("", [])`` after each new connection: words may have been missed.
        """
        self._hearers.append(heard)

    def run(self) -> None:
        """Listen for ever; connect again when the connection breaks."""
        while True:
            try:
                for word, ids in self._words():
                    for heard in self._hearers:
                        heard(word, ids)
            except (DBAPIError, psycopg2.Error, OSError):
                log.warning("the connection that listens to other workers broke; trying again")
            gevent.sleep(RETRY_S)

    def _words(self) -> Iterator[tuple[str, list[uuid.UUID]]]:
        with self._engine.connect() as connection:
            connection.execute(text(f"LISTEN {CHANNEL}"))
            raw: Any = connection.connection.driver_connection
            yield "", []
            while True:
                wait_read(raw.fileno())
                raw.poll()
                while raw.notifies:
                    word, _, ids = raw.notifies.pop(0).payload.partition(" ")
                    yield word, [uuid.UUID(key) for key in ids.split(",") if key]
