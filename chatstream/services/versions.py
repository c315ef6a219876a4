"""Versions of turns: what an edit or another answer replaces is set aside, stays readable and can come back.

A turn is a user's message with all that follows it; it goes by the id of that message, which an edit keeps. Versions
are numbered from 1 in the order of their making. A turn that never changed has no rows: what it is, is its first one.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from chatstream.errors import GenerationInProgress, NotFound
from chatstream.extensions import db
from chatstream.models import Chat, ChatVersion
from chatstream.services import chats, transcripts
from chatstream.services.clock import now
from chatstream.services.keyset import Page, newest_first
from chatstream.services.principals import Principal
from chatstream.services.transcripts import Message, Outline

SHOWN = 2
"""Messages of a version in a list: the user's and the answer to it."""
NEAR = 20
"""How far before an answer its user's message is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of a turn: the message and its answer, and how many messages there are with all that follow."""

    number: int
    created_at: datetime
    is_current: bool
    message_count: int
    messages: Sequence[Message]


def question_of(chat_id: uuid.UUID, message_id: str) -> Message | None:
    """The user's message that a message is, or answers; None when there is none."""
    message = transcripts.find(chat_id, message_id)
    if message is None or message["role"] == "user":
        return message
    earlier, _ = transcripts.before(chat_id, message_id, limit=NEAR)
    return next((found for found in reversed(earlier) if found["role"] == "user"), None)


def set_aside(chat_id: uuid.UUID, question: Message) -> None:
    """Take a turn out of the transcript, so that another version of it can begin; part of the caller's transaction.

    The chat must be locked, and have the user's message ``question``.
    """
    turn = _turn(chat_id, question)
    current = db.session.scalar(select(ChatVersion).where(*turn, ChatVersion.is_current))
    if current is None:
        current = _add(chat_id, question, number=1, created_at=_sent_at(question))
    _leave(current)
    newest = db.session.scalar(select(func.max(ChatVersion.number)).where(*turn)) or 1
    _add(chat_id, question, number=newest + 1, created_at=now())


def page(
    principal: Principal, chat_id: uuid.UUID, message_id: uuid.UUID, *, limit: int, cursor: str | None
) -> Page[Version]:
    """The versions of the turn that a message is in, newest first. Raises NotFound, InvalidFields (cursor)."""
    chats.locked(principal, chat_id, shared=True)  # none becomes current while they are read
    question = _question(chat_id, message_id)
    query = select(ChatVersion).where(*_turn(chat_id, question))
    rows = newest_first(query, instant=ChatVersion.created_at, key=ChatVersion.id, limit=limit, cursor=cursor)
    aside = transcripts.outlines([row.id for row in rows.items if not row.is_current], limit=SHOWN)
    current = transcripts.outline(chat_id, question["id"], limit=SHOWN)
    items = [_version(row, current if row.is_current else aside[row.id]) for row in rows.items]
    if not items and cursor is None:
        items = [_version(ChatVersion(number=1, created_at=_sent_at(question), is_current=True), current)]
    return Page(items, rows.next_cursor)


def restore(principal: Principal, chat_id: uuid.UUID, message_id: uuid.UUID, number: int) -> Chat:
    """Make a version current again, with all that followed it; what is current is set aside in turn.

    Raises NotFound, GenerationInProgress.
    """
    chat = chats.locked(principal, chat_id)
    question = _question(chat_id, message_id)
    if chats.running(chat_id) is not None:
        raise GenerationInProgress
    versions = {row.number: row for row in db.session.scalars(select(ChatVersion).where(*_turn(chat_id, question)))}
    wanted = versions.get(number)
    if wanted is None and (versions or number != 1):
        raise NotFound("The turn has no version with this number.")
    if wanted is not None and not wanted.is_current:
        _leave(next(row for row in versions.values() if row.is_current))
        wanted.is_current = True
        transcripts.bring_back(chat_id, wanted.id)
    db.session.commit()
    return chat


def _leave(current: ChatVersion) -> None:
    transcripts.rewind(current.chat_id, str(current.message_id), version_id=current.id)
    current.is_current = False
    db.session.flush()  # before another becomes current: there is one at a time


def _question(chat_id: uuid.UUID, message_id: uuid.UUID) -> Message:
    question = question_of(chat_id, str(message_id))
    if question is None:
        raise NotFound("The chat has no such message.")
    return question


def _turn(chat_id: uuid.UUID, question: Message) -> tuple[ColumnElement[bool], ...]:
    return ChatVersion.chat_id == chat_id, ChatVersion.message_id == uuid.UUID(question["id"])


def _add(chat_id: uuid.UUID, question: Message, *, number: int, created_at: datetime) -> ChatVersion:
    version = ChatVersion(
        chat_id=chat_id,
        message_id=uuid.UUID(question["id"]),
        number=number,
        is_current=True,
        created_at=created_at,
    )
    db.session.add(version)
    db.session.flush()
    return version


def _version(row: ChatVersion, outline: Outline) -> Version:
    return Version(
        number=row.number,
        created_at=row.created_at,
        is_current=row.is_current,
        message_count=outline.count,
        messages=outline.messages,
    )


def _sent_at(question: Message) -> datetime:
    """When a message was sent; an imported one may say that it comes from the future."""
    return min(datetime.fromisoformat(question["timestamp"]), now())
