"""Purging: what is left of deleted chats is taken away in the background, some rows at a time and the chats last.

Each batch is a transaction of its own, so that no statement is long and nobody waits for one. Whoever is killed in
between has lost nothing: the mark stays until its chat goes, and the next worker goes on from there.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence

from sqlalchemy import TextClause, bindparam, delete, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from chatstream.extensions import db
from chatstream.models import Chat
from chatstream.models.chat import WITH_DELETED

CHATS = 50
"""Taken apart together, so that many short ones do not need a commit for each of their parts."""

TURN_S = 1.0
"""How long a turn lasts, so that a worker's heartbeat is not late."""

LOCK = 0x70757267
"""Key of the advisory lock that the one who purges holds."""


_OF_CHATS = "chat_id = ANY(:chat_ids)"
_OF_VERSIONS = f"version_id IN (SELECT id FROM chat_versions WHERE {_OF_CHATS})"  # noqa: S608


def _some(rows: int, table: str, which: str = _OF_CHATS) -> tuple[int, TextClause]:
    """The deletion of so many rows, by where they lie on the disk: the planner never takes a whole table for that."""
    statement = f"DELETE FROM {table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {table} WHERE {which} LIMIT {rows}))"  # noqa: S608
    return rows, text(statement).bindparams(bindparam("chat_ids", type_=ARRAY(UUID)))


_PARTS = (
    _some(500, "search_entries"),
    _some(50, "chat_pages"),
    _some(50, "version_pages", _OF_VERSIONS),
    _some(200, "chat_versions"),
    _some(200, "generations"),  # with their events, of which the shared log keeps those of some minutes only
)
"""How many rows at once, and of what; each takes some milliseconds."""


def purge(*, turn_s: float = TURN_S) -> bool:
    """Take away what is left of deleted chats, the oldest first; whether none of them is left.

    Lasts for ``turn_s`` seconds and a batch at most. One worker purges at a time; for the others there is nothing to
    do. Holds no connection afterwards.
    """
    if not _oldest(1):
        return True
    deadline = time.monotonic() + turn_s
    with db.engine.connect() as connection:  # has the lock to the end of its transaction, or of this process
        if not connection.scalar(select(func.pg_try_advisory_xact_lock(LOCK))):
            return False
        while chat_ids := _oldest(CHATS):
            if not _take_apart(chat_ids, deadline):
                return False
    return True


def _oldest(limit: int) -> Sequence[uuid.UUID]:
    query = select(Chat.id).where(Chat.deleted_at.is_not(None)).order_by(Chat.deleted_at).limit(limit)
    found = db.session.scalars(query, execution_options=WITH_DELETED).all()
    db.session.rollback()
    return found


def _take_apart(chat_ids: Sequence[uuid.UUID], deadline: float) -> bool:
    """Delete the parts of these chats and then their rows; False when the deadline passed before."""
    for rows, statement in _PARTS:
        gone = rows
        while gone == rows:
            gone = db.session.execute(statement, {"chat_ids": chat_ids}).rowcount  # type: ignore[attr-defined]
            db.session.commit()
            if gone and time.monotonic() > deadline:
                return False
    db.session.execute(delete(Chat).where(Chat.id.in_(chat_ids)), execution_options=WITH_DELETED)
    db.session.commit()
    return True
