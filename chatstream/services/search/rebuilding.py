"""Making the entries anew: after a change of SEARCH_CONFIG, whose stems and stop words are in them."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from sqlalchemy import delete, select, text

from chatstream.extensions import db
from chatstream.models import Chat, SearchEntry

AT_ONCE = 20
"""Chats in one transaction."""

_ADD = text("SELECT search_add_title(chats), search_add_messages(chats, 0) FROM chats WHERE id = ANY(:ids)")


def rebuild(*, tell: Callable[[int], None] = lambda _count: None) -> int:
    """Make the entries of all chats anew, while the service runs; returns of how many chats.

    Commits after every few, and tells the number so far.
    """
    done, after = 0, uuid.UUID(int=0)
    while ids := _lock_some(after):
        db.session.execute(delete(SearchEntry).where(SearchEntry.chat_id.in_(ids)))
        db.session.execute(_ADD, {"ids": ids})
        db.session.commit()
        done, after = done + len(ids), ids[-1]
        tell(done)
    return done


def _lock_some(after: uuid.UUID) -> list[uuid.UUID]:
    query = select(Chat.id).where(Chat.id > after).order_by(Chat.id).limit(AT_ONCE)
    return list(db.session.scalars(query.with_for_update(key_share=True)))
