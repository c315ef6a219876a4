"""Making calls to a server meet in the database, so that a race happens each time and not now and then."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from flask import Flask
from sqlalchemy import text

from chatstream.extensions import db

T = TypeVar("T")

WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


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
