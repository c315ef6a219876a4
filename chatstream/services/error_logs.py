"""Error logs: failures kept in the database, for the team's admins and for operators.

What fails in the same way within an hour is one row with a count; its words and ids are those of the last time.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Insert, Select, func, select
from sqlalchemy.dialects.postgresql import insert

from chatstream.errors import NotFound
from chatstream.extensions import db
from chatstream.metrics import instruments
from chatstream.models import ErrorLog, Team
from chatstream.models.error_log import SEVERITIES as SEVERITIES
from chatstream.models.error_log import Severity as Severity
from chatstream.services.batches import Expiry
from chatstream.services.clock import now
from chatstream.services.keyset import Page, newest_first
from chatstream.services.principals import Principal

_LATEST = ("message", "stack", "request_id", "method", "path", "user_id")
_COLUMNS = ("severity", "code", "agent_id", "chat_id", *_LATEST)
"""Those that are taken as they are; the latest ones anew each time that the same happens."""

EXPIRY = Expiry(key=ErrorLog.id, end=ErrorLog.last_seen_at)

_VARIABLE = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+")
"""Ids and numbers: they tell two failures of one kind apart, and would make a row of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Something that went wrong. Its texts are free of secrets, and of NUL.

    ``kind``: what tells it from other failures, beside severity, code, team, agent and chat.
    """

    severity: Severity = "error"
    code: str
    message: str
    kind: Sequence[str] = ()
    stack: str | None = None
    request_id: str | None = None
    method: str | None = None
    path: str | None = None
    team_id: uuid.UUID | None = None
    user_id: uuid.UUID | None = None
    agent_id: uuid.UUID | None = None
    chat_id: uuid.UUID | None = None
    context: Mapping[str, Any] = field(default_factory=dict)
    at: datetime = field(default_factory=now)

    @property
    def fingerprint(self) -> str:
        """The same for failures that are one and the same trouble."""
        kind = [_VARIABLE.sub("#", word) for word in self.kind]
        parts = [self.severity, self.code, *kind, *(str(key) for key in (self.team_id, self.agent_id, self.chat_id))]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def record(failure: Failure, connection: Connection | None = None) -> None:
    """Keep one failure, as part of the caller's transaction: the session's, or that of ``connection``."""
    instruments.ERRORS.labels(failure.severity).inc()
    (connection or db.session).execute(kept(failure))


def kept(failure: Failure, *, count: int = 1, since: datetime | None = None) -> Insert:
    """The statement that keeps a failure that was seen ``count`` times, first at ``since``. Its team may be gone."""
    since = since or failure.at
    statement = insert(ErrorLog).values(
        **{name: getattr(failure, name) for name in _COLUMNS},
        context=dict(failure.context),
        team_id=select(Team.id).where(Team.id == failure.team_id).scalar_subquery(),
        fingerprint=failure.fingerprint,
        hour=since.astimezone(UTC).replace(minute=0, second=0, microsecond=0),
        count=count,
        created_at=since,
        last_seen_at=failure.at,
    )
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["fingerprint", "hour"],
        set_={
            **{name: new[name] for name in (*_LATEST, "context")},
            "count": ErrorLog.count + new.count,
            "created_at": func.least(ErrorLog.created_at, new.created_at),
            "last_seen_at": func.greatest(ErrorLog.last_seen_at, new.last_seen_at),
        },
    )


def page(principal: Principal, *, limit: int, cursor: str | None, **filters: Any) -> Page[ErrorLog]:
    """The failures of the caller's team, newest first; see filtered. Raises InvalidFields (cursor)."""
    query = filtered(**filters).where(ErrorLog.team_id == principal.team_id)
    return newest_first(query, instant=ErrorLog.created_at, key=ErrorLog.id, limit=limit, cursor=cursor)


def newest(*, limit: int, **filters: Any) -> list[ErrorLog]:
    """The failures of all teams and of none, newest first, for the operator; see filtered."""
    query = filtered(**filters).order_by(ErrorLog.created_at.desc(), ErrorLog.id.desc())
    return list(db.session.scalars(query.limit(limit)))


def filtered(
    *,
    severity: Severity | None = None,
    code: str | None = None,
    agent_id: uuid.UUID | None = None,
    chat_id: uuid.UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Select[ErrorLog]:
    """Failures by what they are, and seen at ``since`` or later, before ``until``."""
    query = select(ErrorLog)
    for column, value in (
        (ErrorLog.severity, severity),
        (ErrorLog.code, code),
        (ErrorLog.agent_id, agent_id),
        (ErrorLog.chat_id, chat_id),
    ):
        if value is not None:
            query = query.where(column == value)
    if since is not None:
        query = query.where(ErrorLog.last_seen_at >= since)
    if until is not None:
        query = query.where(ErrorLog.created_at < until)
    return query


def get(key: uuid.UUID) -> ErrorLog:
    """One row, whichever team's, for the operator. Raises NotFound."""
    row = db.session.get(ErrorLog, key)
    if row is None:
        raise NotFound("There is no such row in error_logs.")
    return row


def purge(older_than: timedelta) -> int:
    """Delete what was last seen longer ago than this, some rows at a time; returns how many. May be interrupted."""
    return EXPIRY.delete(older_than)
