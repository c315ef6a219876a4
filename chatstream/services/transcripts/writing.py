"""Adding to a transcript, sealing its tail, and changing a message where it stands.

Messages are only ever added by ``messages || …``: reading the array, changing and writing it back loses what other
writers add in between.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, TextClause, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from chatstream.extensions import db
from chatstream.services.transcripts.message import Message
from chatstream.services.transcripts.reading import NEWEST, PAGE_WITH


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What the tail may hold: it is sealed when it has so many messages, or so many bytes."""

    messages: int
    bytes: int

    def is_passed(self, messages: int, size: int) -> bool:
        """Whether a tail of this length and size is to be sealed."""
        return messages >= self.messages or size >= self.bytes


BOUND = Bound(messages=50, bytes=64 * 1024)
"""Chosen by benchmarks/transcripts.py."""

_LOCK = text("SELECT 1 FROM chats WHERE id = :chat_id FOR NO KEY UPDATE")

_ADD = """
    UPDATE chats
    SET messages = chats.messages || :messages, message_count = message_count + :count, updated_at = now()
"""
_ADDED = """
    WHERE chats.id = :chat_id
    RETURNING jsonb_array_length(chats.messages) AS length, pg_column_size(chats.messages) AS size
"""

_EXTEND = text(_ADD + _ADDED).bindparams(bindparam("messages", type_=JSONB))

_APPEND = (
    text(f"""
        WITH added AS ({_ADD}, title = coalesce(title, :title) {_ADDED}), earlier AS ({NEWEST})
        SELECT added.length, added.size, earlier.message
        FROM added LEFT JOIN earlier ON true ORDER BY earlier.place
    """)  # noqa: S608
    .bindparams(bindparam("chat_id", type_=UUID), bindparam("messages", type_=JSONB))
    .columns(message=JSONB)
)

_SEAL = text("""
    WITH page AS (
        INSERT INTO chat_pages (chat_id, number, messages, message_ids)
        SELECT id, message_count - jsonb_array_length(messages), messages, ARRAY(
            SELECT CAST(message->>'id' AS uuid)
            FROM jsonb_array_elements(messages) WITH ORDINALITY AS item(message, place) ORDER BY place)
        FROM chats WHERE id = :chat_id AND messages <> '[]'
    )
    UPDATE chats SET messages = '[]' WHERE id = :chat_id
""")

_REPLACE_IN_PAGE = text(f"""
    WITH page AS MATERIALIZED ({PAGE_WITH})
    UPDATE chat_pages SET messages = jsonb_set(messages, ARRAY[CAST(place AS text)], :message)
    FROM page WHERE page.chat_id = :chat_id AND chat_pages.chat_id = page.chat_id AND chat_pages.number = page.number
    RETURNING chat_pages.number
""").bindparams(bindparam("message_id", type_=UUID), bindparam("message", type_=JSONB))  # noqa: S608

_REPLACE_IN_TAIL = text("""
    UPDATE chats
    SET messages = jsonb_set(messages, ARRAY[CAST(place - 1 AS text)], :message)
    FROM (
        SELECT place FROM chats, jsonb_array_elements(messages) WITH ORDINALITY AS item(message, place)
        WHERE chats.id = :chat_id AND message->>'id' = CAST(:message_id AS text)
    ) AS found
    WHERE id = :chat_id RETURNING id
""").bindparams(bindparam("message_id", type_=UUID), bindparam("message", type_=JSONB))


def append(
    chat_id: uuid.UUID, message: Message, *, limit: int = 1, title: str | None = None, bound: Bound = BOUND
) -> list[Message]:
    """Add one message at the end, as part of the caller's transaction, and read the newest ``limit`` with it.

    Oldest first; lock the chat before, where the others are of interest. ``title``: for a chat that has none; the same
    row changes. One statement, unless the tail is to be sealed. Raises ValueError for an id that is no UUID: it could
    be stored, but never be sealed.
    """
    uuid.UUID(message["id"])
    parameters = {"chat_id": chat_id, "messages": [message], "count": 1, "title": title, "limit": limit - 1}
    rows = db.session.execute(_APPEND, parameters).all()
    _seal_if_passed(chat_id, rows[0] if rows else None, bound)
    return [row.message for row in rows if row.message is not None] + [message]


def appending(steps: str) -> TextClause:
    """A statement that appends where the last of ``steps``, a CTE named ``allowed``, has a row: see append_where."""
    return text(f"WITH {steps} {_ADD} FROM allowed {_ADDED}").bindparams(bindparam("messages", type_=JSONB))


def append_where(statement: TextClause, chat_id: uuid.UUID, message: Message, parameters: Mapping[str, Any]) -> bool:
    """Run what ``appending`` has made, as part of the caller's transaction; whether the message was added."""
    own = {"chat_id": chat_id, "messages": [message], "count": 1}
    tail = db.session.execute(statement, {**parameters, **own}).one_or_none()
    _seal_if_passed(chat_id, tail, BOUND)
    return tail is not None


def extend(chat_id: uuid.UUID, messages: Sequence[Message], *, bound: Bound = BOUND) -> None:
    """Add messages at the end, as part of the caller's transaction; any number of them.

    Raises ValueError for an id that is no UUID, as ``append`` does.
    """
    for message in messages:
        uuid.UUID(message["id"])
    for first in range(0, len(messages), bound.messages):
        added = list(messages[first : first + bound.messages])
        tail = db.session.execute(_EXTEND, {"chat_id": chat_id, "messages": added, "count": len(added)}).one_or_none()
        _seal_if_passed(chat_id, tail, bound)


def seal(chat_id: uuid.UUID) -> None:
    """Make the tail a page, if there is anything in it; the chat must be locked."""
    db.session.execute(_SEAL, {"chat_id": chat_id})


def replace(chat_id: uuid.UUID, message: Message) -> bool:
    """Put ``message`` where the one with its id stands, as part of the caller's transaction; False where none does.

    Lock the chat before you read the message that you change.
    """
    lock(chat_id)
    parameters = {"chat_id": chat_id, "message_id": uuid.UUID(message["id"]), "message": message}
    return any(
        db.session.execute(statement, parameters).one_or_none() for statement in (_REPLACE_IN_TAIL, _REPLACE_IN_PAGE)
    )


def lock(chat_id: uuid.UUID) -> None:
    """Lock the row of a chat to the end of the transaction: what is read after this stays true."""
    db.session.execute(_LOCK, {"chat_id": chat_id})


def _seal_if_passed(chat_id: uuid.UUID, tail: Row[Any] | None, bound: Bound) -> None:
    if tail is not None and bound.is_passed(tail.length, tail.size):
        seal(chat_id)
