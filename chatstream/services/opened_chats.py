"""A chat with some of its messages: one statement, in which everything is of the same instant."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, TextClause, func, select, text

from chatstream.errors import InvalidFields, NotFound
from chatstream.models import ChatVersion
from chatstream.services import single_reads, transcripts
from chatstream.services.chats import ChatRow
from chatstream.services.principals import Principal
from chatstream.services.transcripts import windows


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnVersions:
    """Which version of a turn is the current one, of how many."""

    number: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedChat:
    """A chat with some of its messages, oldest first, as the text of a JSON array."""

    chat: ChatRow
    messages: str
    has_more: bool
    versions: Mapping[str, TurnVersions]
    """By the id of a user's message, for turns with more than one."""


def _statement(bounds: str) -> TextClause:
    return text(f"""
        SELECT CAST(chats.id AS text), CAST(team_id AS text), CAST(user_id AS text), CAST(agent_id AS text), title,
            CAST(metadata AS text), is_archived, message_count, created_at, updated_at,
            (SELECT CAST(id AS text) FROM generations WHERE chat_id = chats.id AND status = 'running'),
            start > 0 AS has_more,
            EXISTS (SELECT FROM chat_versions WHERE chat_id = chats.id) AS has_versions,
            {windows.PIECES} AS pieces
        FROM chats, LATERAL {bounds} AS bounds
        WHERE chats.id = :chat_id AND user_id = :user_id AND team_id = :team_id AND deleted_at IS NULL
    """)  # noqa: S608


_NEWEST: Final = _statement(windows.NEWEST)
_BETWEEN: Final = _statement(windows.GIVEN)
_OF_CHAT: Final = len(ChatRow._fields)


def open_chat(principal: Principal, chat_id: uuid.UUID, *, limit: int, before: str | None = None) -> OpenedChat:
    """A chat with its newest messages, or with those before one of them, and its running generation.

    Raises NotFound, InvalidFields (``before`` is not a message of the chat).
    """
    if before is None:
        row = _row(_NEWEST, principal, chat_id, limit=limit)
    else:
        place = transcripts.place_of(chat_id, before)
        row = _row(_BETWEEN, principal, chat_id, start=max((place or 0) - limit, 0), stop=place or 0)
        if place is None:
            raise InvalidFields({"before": ["The chat has no message with this id."]})
    messages = windows.joined(row.pieces)
    return OpenedChat(
        chat=ChatRow._make(row[:_OF_CHAT]),
        messages=messages,
        has_more=row.has_more,
        versions=_versions_of(chat_id, messages) if row.has_versions else {},
    )


def _row(statement: TextClause, principal: Principal, chat_id: uuid.UUID, **bounds: int) -> Row[Any]:
    owned = {"chat_id": chat_id, "user_id": principal.user_id, "team_id": principal.team_id}
    rows = single_reads.fetch(statement, {**owned, **bounds})
    if not rows:
        raise NotFound("There is no such chat.")
    return rows[0]


def _versions_of(chat_id: uuid.UUID, messages: str) -> dict[str, TurnVersions]:
    """The turns that begin with one of these messages and have versions."""
    asked = [uuid.UUID(message["id"]) for message in json.loads(messages) if message["role"] == "user"]
    current = func.max(ChatVersion.number).filter(ChatVersion.is_current)
    query = (
        select(ChatVersion.message_id, current.label("number"), func.count().label("versions"))
        .where(ChatVersion.chat_id == chat_id, ChatVersion.message_id.in_(asked))
        .group_by(ChatVersion.message_id)
    )
    rows = single_reads.fetch(query, {})
    return {str(row.message_id): TurnVersions(number=row.number, count=row.versions) for row in rows}
