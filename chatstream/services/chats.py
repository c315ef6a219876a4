"""Chats of one user: listed, found, changed."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Integer, Select, Text, bindparam, cast, func, select, tuple_

from chatstream.errors import AgentUnavailable, NotFound
from chatstream.extensions import db
from chatstream.logs import event
from chatstream.models import Agent, Chat, Generation
from chatstream.services import search, single_reads
from chatstream.services.keyset import Page, cut, decode_cursor
from chatstream.services.principals import Principal

log = logging.getLogger(__name__)


class ChatRow(NamedTuple):
    """A chat without its messages, as it is shown: ids and ``metadata`` as text, since nobody here looks into them."""

    id: str
    team_id: str
    user_id: str
    agent_id: str
    title: str | None
    metadata: str
    """A JSON object."""
    is_archived: bool
    message_count: int
    created_at: datetime
    updated_at: datetime
    running: str | None
    """The generation that writes in it."""


def page(
    principal: Principal,
    *,
    limit: int,
    cursor: str | None,
    archived: bool | None = None,
    agent_id: uuid.UUID | None = None,
    q: str | None = None,
) -> Page[ChatRow]:
    """The caller's chats, newest activity first; ``q``: those in whose title or messages it is found.

    Raises InvalidFields (q, cursor).
    """
    query = _listing(of_agent=agent_id is not None, by_archived=archived is not None, after=cursor is not None)
    parameters: dict[str, Any] = {"user_id": principal.user_id, "agent_id": agent_id, "is_archived": archived}
    if cursor is not None:
        parameters["instant"], parameters["key"] = decode_cursor(cursor)
    if q is not None:
        query = query.where(search.chats_with(principal, q))
    rows = [ChatRow._make(row) for row in single_reads.fetch(query, {**parameters, "count": limit + 1})]
    return cut(rows, limit, lambda row: (row.updated_at, uuid.UUID(row.id)))


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


def running(chat_id: uuid.UUID) -> Generation | None:
    """The generation that writes in a chat."""
    return db.session.scalar(select(Generation).where(Generation.chat_id == chat_id, Generation.status == "running"))


@cache
def _listing(*, of_agent: bool, by_archived: bool, after: bool) -> Select[*tuple[Any, ...]]:
    """The statement of a page; made once, since making it takes longer than running it. It names no ORM class."""
    chats, generations = Chat.__table__.c, Generation.__table__.c
    running = select(cast(generations.id, Text)).where(generations.chat_id == chats.id, generations.status == "running")
    query: Select[*tuple[Any, ...]] = (
        select(
            *(cast(column, Text) for column in (chats.id, chats.team_id, chats.user_id, chats.agent_id)),
            chats.title,
            cast(chats.metadata, Text),
            *(chats.is_archived, chats.message_count, chats.created_at, chats.updated_at),
            running.scalar_subquery(),
        )
        .where(chats.user_id == bindparam("user_id"), chats.deleted_at.is_(None))
        .order_by(chats.updated_at.desc(), chats.id.desc())
        .limit(bindparam("count", type_=Integer))
    )
    if of_agent:
        query = query.where(chats.agent_id == bindparam("agent_id"))
    if by_archived:
        query = query.where(chats.is_archived == bindparam("is_archived"))
    if after:
        query = query.where(tuple_(chats.updated_at, chats.id) < tuple_(bindparam("instant"), bindparam("key")))
    return query


def _owned(principal: Principal, chat_id: uuid.UUID) -> Select[Chat]:
    return select(Chat).where(Chat.id == chat_id, Chat.user_id == principal.user_id, Chat.team_id == principal.team_id)
