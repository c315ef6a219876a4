"""Transcripts: the messages of a chat. The one module that touches ``chats.messages``.

A message is ``{"id", "role", "content", "timestamp"}``; an answer has ``"status"`` as well, either may have
``"metadata"``. Messages are only ever appended by ``messages || …``: reading the array, changing and writing it back
loses what other writers add in between.
"""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from chatstream.errors import InvalidFields
from chatstream.extensions import db

Message = dict[str, Any]

_APPEND = text(
    "UPDATE chats SET messages = messages || :message, message_count = message_count + 1, updated_at = now() "
    "WHERE id = :chat_id"
).bindparams(bindparam("message", type_=JSONB))

_NEWEST = text(
    "SELECT message FROM chats, jsonb_array_elements(messages) WITH ORDINALITY AS item(message, place) "
    "WHERE chats.id = :chat_id ORDER BY place DESC LIMIT :limit"
).columns(message=JSONB)

_BEFORE = text(
    "WITH items AS (SELECT message, place FROM chats, "
    "jsonb_array_elements(messages) WITH ORDINALITY AS item(message, place) WHERE chats.id = :chat_id) "
    "SELECT message FROM items WHERE place < (SELECT place FROM items WHERE message->>'id' = :before) "
    "ORDER BY place DESC LIMIT :limit"
).columns(message=JSONB)

_FIND = text(
    "SELECT message FROM chats, jsonb_array_elements(messages) AS item(message) "
    "WHERE chats.id = :chat_id AND message->>'id' = :message_id"
).columns(message=JSONB)


def append(chat_id: uuid.UUID, message: Message) -> None:
    """Add one message at the end, as part of the caller's transaction."""
    db.session.execute(_APPEND, {"chat_id": chat_id, "message": [message]})


def newest(chat_id: uuid.UUID, *, limit: int) -> tuple[list[Message], bool]:
    """The last ``limit`` messages, oldest first, and whether there are older ones."""
    return _window(db.session.scalars(_NEWEST, {"chat_id": chat_id, "limit": limit + 1}).all(), limit)


def before(chat_id: uuid.UUID, message_id: str, *, limit: int) -> tuple[list[Message], bool]:
    """The ``limit`` messages before one, oldest first, and whether there are older ones still.

    Raises InvalidFields when the chat has no such message.
    """
    parameters = {"chat_id": chat_id, "before": message_id, "limit": limit + 1}
    rows = db.session.scalars(_BEFORE, parameters).all()
    if not rows and not contains(chat_id, message_id):
        raise InvalidFields({"before": ["The chat has no message with this id."]})
    return _window(rows, limit)


def contains(chat_id: uuid.UUID, message_id: str) -> bool:
    """Whether the chat has a message with this id."""
    return find(chat_id, message_id) is not None


def find(chat_id: uuid.UUID, message_id: str) -> Message | None:
    """One message by its id."""
    found: Message | None = db.session.scalar(_FIND, {"chat_id": chat_id, "message_id": message_id})
    return found


def history(chat_id: uuid.UUID, *, limit: int) -> list[dict[str, str]]:
    """What a workflow is told of the chat: the newest ``limit`` messages that have text, oldest first."""
    messages, _ = newest(chat_id, limit=limit)
    return [
        {"role": message["role"], "content": message["content"], "timestamp": message["timestamp"]}
        for message in messages
        if message["content"]
    ]


def _window(rows: Any, limit: int) -> tuple[list[Message], bool]:
    messages = list(rows[:limit])
    messages.reverse()
    return messages, len(rows) > limit
