"""Looking at what the database is asked, and making calls meet in it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from flask import Flask
from sqlalchemy import event, text

from chatstream.extensions import db

T = TypeVar("T")

WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """The statements that this process sends meanwhile."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def meeting(app: Flask, lock: str, values: dict[str, Any], *calls: Callable[[], T]) -> list[T]:
    """The results of calls to a server that all wait for the rows that ``lock`` selects, until they are let go."""
    with ThreadPoolExecutor(len(calls)) as threads, app.app_context(), db.engine.connect() as holder:
        holder.execute(text(lock), values)
        running = [threads.submit(call) for call in calls]
        deadline = time.monotonic() + 8
        with db.engine.connect() as watcher:
            while (watcher.scalar(WAITING) or 0) < len(calls):
                watcher.rollback()
                assert time.monotonic() < deadline, "the calls do not wait for these rows"
                time.sleep(0.01)
        holder.rollback()
        return [call.result() for call in running]
