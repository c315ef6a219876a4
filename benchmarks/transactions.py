"""How long transactions that delete take, from their first statement to the end of their commit."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, event


@dataclass(slots=True)
class Transactions:
    """In milliseconds, by the table that the last deletion of each was from."""

    took_ms: dict[str, list[float]] = field(default_factory=dict)
    flush_ms: dict[str, list[float]] = field(default_factory=dict)
    """What of it was the commit: the disk."""
    _commits: dict[int, float] = field(default_factory=dict)
    _begun: dict[int, tuple[float, str]] = field(default_factory=dict)

    def begin(self, connection: Any) -> None:
        """The engine's word of it."""
        self._begun[id(connection.connection.dbapi_connection)] = (time.perf_counter(), "")

    def executed(self, _connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        """The engine's word of a statement."""
        key = id(cursor.connection)
        if "DELETE FROM" in statement and key in self._begun:
            table = statement.split("DELETE FROM", 1)[1].split()[0]
            self._begun[key] = (self._begun[key][0], table)

    def committing(self, connection: Any) -> None:
        """The engine's word of it."""
        self._commits[id(connection.connection.dbapi_connection)] = time.perf_counter()

    def ended(self, dbapi_connection: Any, _record: Any) -> None:
        """The pool's word: committed or rolled back, and given back."""
        begun, table = self._begun.pop(id(dbapi_connection), (0.0, ""))
        if table:
            now = time.perf_counter()
            self.took_ms.setdefault(table, []).append((now - begun) * 1000)
            self.flush_ms.setdefault(table, []).append((now - self._commits.pop(id(dbapi_connection), now)) * 1000)


@contextmanager
def watched(engine: Engine) -> Iterator[Transactions]:
    """Times the transactions of ``engine`` meanwhile."""
    seen = Transactions()
    listeners = (
        (engine, "begin", seen.begin),
        (engine, "commit", seen.committing),
        (engine, "after_cursor_execute", seen.executed),
        (engine.pool, "checkin", seen.ended),
    )
    for target, name, listener in listeners:
        event.listen(target, name, listener)
    try:
        yield seen
    finally:
        for target, name, listener in listeners:
            event.remove(target, name, listener)
