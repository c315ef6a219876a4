"""Reading a transcript: windows into it, and single messages. The cost is that of what is read, wherever it lies."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from chatstream.errors import InvalidFields
from chatstream.extensions import db
from chatstream.models import Chat
from chatstream.services.transcripts.message import Message, key_of

_TAIL = """SELECT message_count - jsonb_array_length(messages) AS start, messages FROM chats WHERE id = :chat_id"""
"""MATERIALIZED, so that PostgreSQL takes the array out of its compressed form once, and not for each message."""

PAGE_WITH = """SELECT chat_id, number, array_position(message_ids, :message_id) - 1 AS place
    FROM chat_pages WHERE message_ids @> ARRAY[:message_id]"""
"""MATERIALIZED as well: PostgreSQL takes chats for short, and would look through all the pages of a long one."""

_PLACE = f"""
    WITH page AS MATERIALIZED ({PAGE_WITH})
    SELECT number + place AS place FROM page WHERE chat_id = :chat_id
    UNION ALL
    SELECT tail.start + place - 1
    FROM tail, jsonb_array_elements(messages) WITH ORDINALITY AS item(message, place)
    WHERE message->>'id' = CAST(:message_id AS text)
"""  # noqa: S608


def _window(bounds: str) -> str:
    """The messages from place ``start`` to before place ``stop``; ``bounds`` is a query for the two.

    OFFSET 0 keeps the pages a query of their own, so that the index is asked for their numbers.
    """
    return f"""
        WITH tail AS MATERIALIZED ({_TAIL}),
        bounds AS ({bounds}),
        span AS (SELECT start, stop, (SELECT coalesce(max(number), 0) FROM chat_pages
            WHERE chat_id = :chat_id AND number <= start) AS first FROM bounds),
        items AS (
            SELECT number + place - 1 AS place, message
            FROM span,
            LATERAL (SELECT number, messages FROM chat_pages
                WHERE chat_id = :chat_id AND number >= first AND number < stop OFFSET 0) AS page,
            jsonb_array_elements(messages) WITH ORDINALITY AS item(message, place)
            UNION ALL
            SELECT tail.start + place - 1, message
            FROM tail, jsonb_array_elements(messages) WITH ORDINALITY AS item(message, place)
        )
        SELECT place, message FROM span JOIN items ON place >= start AND place < stop ORDER BY place
    """  # noqa: S608


_NEWEST = (
    text(
        _window(
            "SELECT greatest(message_count - :limit, 0) AS start, message_count AS stop FROM chats WHERE id = :chat_id"
        )
    )
    .bindparams(bindparam("chat_id", type_=UUID))
    .columns(message=JSONB)
)
_BEFORE = (
    text(_window(f"SELECT greatest(place - :limit, 0) AS start, place AS stop FROM ({_PLACE}) AS found"))  # noqa: S608
    .bindparams(bindparam("chat_id", type_=UUID), bindparam("message_id", type_=UUID))
    .columns(message=JSONB)
)
_BETWEEN = (
    text(_window("SELECT CAST(:start AS integer) AS start, CAST(:stop AS integer) AS stop"))
    .bindparams(bindparam("chat_id", type_=UUID))
    .columns(message=JSONB)
)
_FIND = (
    text(f"""
        WITH page AS MATERIALIZED ({PAGE_WITH})
        SELECT message FROM chats, jsonb_array_elements(messages) AS item(message)
        WHERE chats.id = :chat_id AND message->>'id' = CAST(:message_id AS text)
        UNION ALL
        SELECT messages -> place FROM page JOIN chat_pages USING (chat_id, number) WHERE chat_id = :chat_id
        LIMIT 1
    """)  # noqa: S608
    .bindparams(bindparam("chat_id", type_=UUID), bindparam("message_id", type_=UUID))
    .columns(message=JSONB)
)
_AT = (
    text("""
        SELECT wanted.chat_id, wanted.place, coalesce(
            (SELECT messages -> (wanted.place - message_count + jsonb_array_length(messages)) FROM chats
             WHERE id = wanted.chat_id AND wanted.place >= message_count - jsonb_array_length(messages)),
            (SELECT messages -> (wanted.place - number) FROM chat_pages
             WHERE chat_pages.chat_id = wanted.chat_id AND number <= wanted.place ORDER BY number DESC LIMIT 1)
        ) AS message
        FROM unnest(CAST(:chat_ids AS uuid[]), CAST(:places AS integer[])) AS wanted(chat_id, place)
        WHERE EXISTS (SELECT FROM chats WHERE id = wanted.chat_id AND deleted_at IS NULL)
    """)
    .bindparams(bindparam("chat_ids", type_=ARRAY(UUID)))
    .columns(chat_id=UUID, message=JSONB)
)
_PLACE_OF = text(
    f"WITH tail AS MATERIALIZED ({_TAIL}) SELECT place FROM ({_PLACE}) AS found"  # noqa: S608
).bindparams(bindparam("chat_id", type_=UUID), bindparam("message_id", type_=UUID))


def newest(chat_id: uuid.UUID, *, limit: int) -> tuple[list[Message], bool]:
    """The last ``limit`` messages, oldest first, and whether there are older ones."""
    return _messages(db.session.execute(_NEWEST, {"chat_id": chat_id, "limit": limit}).all())


def before(chat_id: uuid.UUID, message_id: str, *, limit: int) -> tuple[list[Message], bool]:
    """The ``limit`` messages before one, oldest first, and whether there are older ones still.

    Raises InvalidFields when the chat has no such message.
    """
    parameters = {"chat_id": chat_id, "message_id": key_of(message_id), "limit": limit}
    rows = db.session.execute(_BEFORE, parameters).all()
    if not rows and not contains(chat_id, message_id):
        raise InvalidFields({"before": ["The chat has no message with this id."]})
    return _messages(rows)


def between(chat_id: uuid.UUID, start: int, stop: int) -> list[Message]:
    """The messages from place ``start`` to before place ``stop``, counted from 0; fewer where the transcript ends."""
    rows = db.session.execute(_BETWEEN, {"chat_id": chat_id, "start": start, "stop": stop}).all()
    return [row.message for row in rows]


def at(places: Sequence[tuple[uuid.UUID, int]]) -> dict[tuple[uuid.UUID, int], Message]:
    """The messages at places of any chats, in one statement; none where a transcript is shorter by now,
    or its chat deleted."""
    if not places:
        return {}
    parameters = {"chat_ids": [chat_id for chat_id, _ in places], "places": [place for _, place in places]}
    rows = db.session.execute(_AT, parameters).all()
    return {(row.chat_id, row.place): row.message for row in rows if row.message is not None}


def length(chat_id: uuid.UUID) -> int:
    """How many messages the chat has."""
    return db.session.scalar(select(Chat.message_count).where(Chat.id == chat_id)) or 0


def contains(chat_id: uuid.UUID, message_id: str) -> bool:
    """Whether the chat has a message with this id."""
    return place_of(chat_id, message_id) is not None


def place_of(chat_id: uuid.UUID, message_id: str) -> int | None:
    """How many messages come before one; None when the chat does not have it."""
    place: int | None = db.session.scalar(_PLACE_OF, {"chat_id": chat_id, "message_id": key_of(message_id)})
    return place


def find(chat_id: uuid.UUID, message_id: str) -> Message | None:
    """One message by its id."""
    found: Message | None = db.session.scalar(_FIND, {"chat_id": chat_id, "message_id": key_of(message_id)})
    return found


def _messages(rows: Sequence[Row[Any]]) -> tuple[list[Message], bool]:
    return [row.message for row in rows], bool(rows) and rows[0].place > 0
