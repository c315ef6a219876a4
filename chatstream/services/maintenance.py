"""What has had its time is deleted: sessions, invites, password resets, failures, answers' rows, events, audit events.

Some rows at a time, passing over what others hold: safe on every node at once, and at any moment to be interrupted.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import func

from chatstream.logs import event
from chatstream.models import AuthSession, Generation, Invite, PasswordReset
from chatstream.services import audit, error_logs
from chatstream.services.batches import Expiry
from chatstream.services.shared_log import PostgresLog

log = logging.getLogger(__name__)

SESSIONS = Expiry(key=AuthSession.id, end=func.least(AuthSession.revoked_at, AuthSession.expires_at))
INVITES = Expiry(key=Invite.id, end=func.coalesce(Invite.used_at, Invite.expires_at))
PASSWORD_RESETS = Expiry(key=PasswordReset.user_id, end=PasswordReset.expires_at)
GENERATIONS = Expiry(key=Generation.id, end=Generation.finished_at)


class Kept(NamedTuple):
    """Days that something is kept after its end; 0 is for ever."""

    sessions: int
    invites: int
    failures: int
    generations: int
    audit: int


class Found(NamedTuple):
    """Rows of one kind that are over."""

    kind: str
    rows: int


class Maintenance:
    """Counts or deletes by the settings. Inside an application context."""

    def __init__(self, kept: Kept) -> None:
        self._events = PostgresLog()  # with Redis as well: it may have been another setting when they were written
        self._kept = kept

    def count(self) -> Iterator[Found]:
        """What ``run`` would delete."""
        yield Found("events", self._events.over())
        for kind, expiry, kept in self._expiries():
            yield Found(kind, expiry.count(kept))

    def run(self) -> Iterator[Found]:
        """Delete what is over, kind by kind; tells of each when it is done with it."""
        yield Found("events", sum(iter(self._events.sweep, 0)))
        for kind, expiry, kept in self._expiries():
            yield Found(kind, self._told(kind, kept, expiry.delete))

    def _expiries(self) -> Iterator[tuple[str, Expiry, timedelta]]:
        days = self._kept
        for kind, expiry, kept in (
            ("sessions", SESSIONS, days.sessions),
            ("invites", INVITES, days.invites),
            ("failures", error_logs.EXPIRY, days.failures),
            ("generations", GENERATIONS, days.generations),
            ("audit events", audit.expiry(days.audit), days.audit),
        ):
            if kept:
                yield kind, expiry, timedelta(days=kept)
        yield "password resets", PASSWORD_RESETS, timedelta()

    @staticmethod
    def _told(kind: str, kept: timedelta, delete: Callable[[timedelta], int]) -> int:
        gone = delete(kept)
        if gone:
            event(log, "retention_applied", kind=kind, count=gone, kept_days=kept.days)
        return gone
