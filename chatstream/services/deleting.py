"""Deleting chats: they are marked, and from that commit on nobody sees them; services/purging takes them away later.

The database's own cascade would visit each message, with the user waiting: a mark costs the same for a chat of any
length.
"""

from __future__ import annotations

import logging
import uuid

from sqlalchemy import ColumnElement, delete, func, update

from chatstream.errors import NotFound
from chatstream.extensions import db
from chatstream.logs import event
from chatstream.models import Chat, Generation, MessageFeedback
from chatstream.services.generations import stopping
from chatstream.services.generations.outcomes import request_stop
from chatstream.services.principals import Principal

log = logging.getLogger(__name__)


def delete_chat(principal: Principal, chat_id: uuid.UUID) -> None:
    """Delete a chat with all that hangs on it; a running answer is stopped first. Raises NotFound."""
    stopping.stop_answer(principal, chat_id)
    gone = mark(Chat.id == chat_id, Chat.user_id == principal.user_id, Chat.team_id == principal.team_id)
    db.session.commit()
    if not gone:
        raise NotFound("There is no such chat.")
    event(log, "chat_deleted", chat_id=chat_id)


def mark(*which: ColumnElement[bool]) -> set[uuid.UUID]:
    """Mark chats as deleted, as part of the caller's transaction; returns which.

    Ratings go with it, since admins are shown them without the chat. So does the right of an answer to run that began
    after the others were stopped: it will find no chat to be stored in.
    """
    gone = set(db.session.scalars(update(Chat).where(*which).values(deleted_at=func.now()).returning(Chat.id)))
    if gone:
        db.session.execute(delete(MessageFeedback).where(MessageFeedback.chat_id.in_(gone)))
        request_stop(Generation.chat_id.in_(gone))
    return gone
