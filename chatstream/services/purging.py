"""Purging: what is left of deleted chats is taken away in the background, some rows at a time and the chats last.

Each batch is a transaction of its own, so that no statement is long and nobody waits for one. Whoever is killed in
between has lost nothing: the mark stays until its chat goes, and the next worker goes on from there.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from chatstream.extensions import db
from chatstream.models import Chat, ChatVersion, Generation
from chatstream.models.chat import WITH_DELETED
from chatstream.services.batches import delete_parts

CHATS, MESSAGES = 50, 10_000
"""So many chats are taken apart together, or fewer that have so many messages: short ones do not need a commit for each
of their parts, and the end of long ones is not in one transaction."""

KEYS = 10_000
"""Ids that are read at once; the deletions that follow go by them."""

TURN_S = 1.0
"""How long a turn lasts, so that a worker's heartbeat is not late."""

LOCK = 0x70757267
"""Key of the advisory lock that the one who purges holds."""


class Marked(NamedTuple):
    """A deleted chat."""

    deleted_at: datetime | None
    id: uuid.UUID
    message_count: int


def purge(*, turn_s: float = TURN_S) -> bool:
    """Take away what is left of deleted chats, the oldest first; whether none of them is left.

    Lasts for ``turn_s`` seconds and a batch at most. One worker purges at a time; for the others there is nothing to
    do. Holds no connection afterwards.
    """
    if not (chats := _oldest(None)):
        return True
    deadline = time.monotonic() + turn_s
    with db.engine.connect() as connection:  # has the lock to the end of its transaction, or of this process
        if not connection.scalar(select(func.pg_try_advisory_xact_lock(LOCK))):
            return False
        while chats:
            for gone in _take_apart([chat.id for chat in chats]):
                if gone and time.monotonic() > deadline:
                    return False
            chats = _oldest(chats[-1])
    return True


def _oldest(after: Marked | None) -> list[Marked]:
    """The next ones that are taken apart together."""
    query = select(Chat.deleted_at, Chat.id, Chat.message_count).where(Chat.deleted_at.is_not(None))
    if after is not None:
        query = query.where(tuple_(Chat.deleted_at, Chat.id) > (after.deleted_at, after.id))
    found = db.session.execute(query.order_by(Chat.deleted_at, Chat.id).limit(CHATS), execution_options=WITH_DELETED)
    marked = [Marked(*row) for row in found]
    db.session.rollback()
    sizes = [chat.message_count for chat in marked]
    return [chat for number, chat in enumerate(marked) if number == 0 or sum(sizes[: number + 1]) <= MESSAGES]


def _take_apart(chat_ids: Sequence[uuid.UUID]) -> Iterator[int]:
    """Delete the parts of these chats and then their rows; yields after each commit how many rows went.

    Who stops in between has left the chats marked. Each batch takes some milliseconds.
    """
    yield from delete_parts("search_entries", "chat_id", "place", chat_ids, rows=500, alone=True)
    yield from delete_parts("chat_pages", "chat_id", "number", chat_ids, rows=50, alone=True)
    while versions := _keys(ChatVersion.id, ChatVersion.chat_id, chat_ids):
        yield from delete_parts("version_pages", "version_id", "number", versions, rows=50, alone=True)
        yield from _delete(ChatVersion.id, versions)
    # with their events, of which the shared log keeps those of some minutes only
    while generations := _keys(Generation.id, Generation.chat_id, chat_ids):
        yield from _delete(Generation.id, generations)
    db.session.execute(delete(Chat).where(Chat.id.in_(chat_ids)), execution_options=WITH_DELETED)
    db.session.commit()


def _keys(
    key: InstrumentedAttribute[uuid.UUID], owner: InstrumentedAttribute[uuid.UUID], chat_ids: Sequence[uuid.UUID]
) -> Sequence[uuid.UUID]:
    found = db.session.scalars(select(key).where(owner.in_(chat_ids)).limit(KEYS)).all()
    db.session.rollback()
    return found


def _delete(key: InstrumentedAttribute[uuid.UUID], keys: Sequence[uuid.UUID], *, rows: int = 200) -> Iterator[int]:
    for first in range(0, len(keys), rows):
        batch = keys[first : first + rows]
        db.session.execute(delete(key.class_).where(key.in_(batch)), execution_options={"synchronize_session": False})
        db.session.commit()
        yield len(batch)
