"""Chats of one user: listed, opened, changed."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import selectinload

from chatstream.errors import AgentUnavailable, NotFound
from chatstream.extensions import db
from chatstream.logs import event
from chatstream.models import Agent, Chat, ChatVersion, Generation
from chatstream.services import search, transcripts
from chatstream.services.keyset import Page, newest_first
from chatstream.services.principals import Principal

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnVersions:
    """Which version of a turn is the current one, of how many."""

    number: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedChat:
    """A chat with some of its messages, oldest first, and the answer that is being written in it."""

    chat: Chat
    messages: list[transcripts.Message]
    has_more: bool
    generation: Generation | None
    versions: Mapping[str, TurnVersions]
    """By the id of a user's message, for turns with more than one."""


def page(
    principal: Principal,
    *,
    limit: int,
    cursor: str | None,
    archived: bool | None = None,
    agent_id: uuid.UUID | None = None,
    q: str | None = None,
) -> Page[Chat]:
    """The caller's chats, newest activity first; ``q``: those in whose title or messages it is found.

    What is running in each is loaded with them. Raises InvalidFields (q, cursor).
    """
    query = select(Chat).where(Chat.user_id == principal.user_id).options(selectinload(Chat.running))
    if archived is not None:
        query = query.where(Chat.is_archived == archived)
    if agent_id is not None:
        query = query.where(Chat.agent_id == agent_id)
    if q is not None:
        query = query.where(search.chats_with(principal, q))
    return newest_first(query, instant=Chat.updated_at, key=Chat.id, limit=limit, cursor=cursor)


def create(principal: Principal, *, agent_id: uuid.UUID, fields: Mapping[str, Any]) -> Chat:
    """Open a chat. Raises NotFound (no such agent in the team), AgentUnavailable (inactive)."""
    agent = db.session.scalar(
        select(Agent)
        .where(Agent.id == agent_id, Agent.team_id == principal.team_id, Agent.deleted_at.is_(None))
        .with_for_update(read=True)
    )
    if agent is None:
        raise NotFound("There is no such agent.")
    if not agent.is_active:
        raise AgentUnavailable
    chat = Chat(team_id=principal.team_id, user_id=principal.user_id, agent_id=agent_id, **fields)
    db.session.add(chat)
    db.session.commit()
    event(log, "chat_created", chat_id=chat.id, agent_id=agent_id)
    return chat


def get(principal: Principal, chat_id: uuid.UUID) -> Chat:
    """Raises NotFound for a chat that does not exist or is somebody else's."""
    chat = db.session.scalar(_owned(principal, chat_id))
    if chat is None:
        raise NotFound("There is no such chat.")
    return chat


def locked(principal: Principal, chat_id: uuid.UUID, *, shared: bool = False) -> Chat:
    """The chat, locked to the end of the transaction; ``shared``: for all who only read. Raises NotFound."""
    chat = db.session.scalar(_owned(principal, chat_id).with_for_update(read=shared, key_share=not shared))
    if chat is None:
        raise NotFound("There is no such chat.")
    return chat


def update(principal: Principal, chat_id: uuid.UUID, fields: Mapping[str, Any]) -> Chat:
    """Change the fields sent and no others. Raises NotFound."""
    chat = db.session.scalar(_owned(principal, chat_id).with_for_update())
    if chat is None:
        raise NotFound("There is no such chat.")
    for name, value in fields.items():
        setattr(chat, name, value)
    chat.updated_at = func.now()
    db.session.commit()
    event(log, "chat_changed", chat_id=chat_id, fields=sorted(fields))
    return chat


def open_chat(principal: Principal, chat_id: uuid.UUID, *, limit: int, before: str | None = None) -> OpenedChat:
    """A chat with its newest messages, or with those before one of them, and its running generation.

    Raises NotFound, InvalidFields (``before`` is not a message of the chat).
    """
    generation = running(chat_id)  # first: an answer that ends meanwhile is then among the messages
    chat = get(principal, chat_id)
    if before is None:
        messages, has_more = transcripts.newest(chat_id, limit=limit)
    else:
        messages, has_more = transcripts.before(chat_id, before, limit=limit)
    turns = _versions_of(chat_id, messages)
    return OpenedChat(chat=chat, messages=messages, has_more=has_more, generation=generation, versions=turns)


def running(chat_id: uuid.UUID) -> Generation | None:
    """The generation that writes in a chat."""
    return db.session.scalar(select(Generation).where(Generation.chat_id == chat_id, Generation.status == "running"))


def _versions_of(chat_id: uuid.UUID, messages: Sequence[transcripts.Message]) -> dict[str, TurnVersions]:
    """The turns that begin with one of these messages and have versions."""
    asked = [uuid.UUID(message["id"]) for message in messages if message["role"] == "user"]
    current = func.max(ChatVersion.number).filter(ChatVersion.is_current)
    rows = db.session.execute(
        select(ChatVersion.message_id, current, func.count())
        .where(ChatVersion.chat_id == chat_id, ChatVersion.message_id.in_(asked))
        .group_by(ChatVersion.message_id)
    )
    return {str(message_id): TurnVersions(number=number, count=count) for message_id, number, count in rows}


def _owned(principal: Principal, chat_id: uuid.UUID) -> Select[Chat]:
    return select(Chat).where(Chat.id == chat_id, Chat.user_id == principal.user_id, Chat.team_id == principal.team_id)
