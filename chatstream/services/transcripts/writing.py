"""Adding to a transcript, sealing its tail, and changing a message where it stands.

Messages are only ever added by ``messages || …``: reading the array, changing and writing it back loses what other
writers add in between. What adds and what seals are functions of the database (migration 0014), whose plans it keeps.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from chatstream.extensions import db
from chatstream.services.transcripts.message import Message
from chatstream.services.transcripts.reading import PAGE_WITH


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What the tail may hold: it is sealed when it has so many messages, or so many bytes."""

    messages: int
    bytes: int

    def is_passed(self, messages: int, size: int) -> bool:
        """Whether a tail of this length and size is to be sealed."""
        return messages >= self.messages or size >= self.bytes

    @property
    def parameters(self) -> dict[str, int]:
        """What the database's functions are told of it."""
        return {"most_messages": self.messages, "most_bytes": self.bytes}


BOUND = Bound(messages=50, bytes=64 * 1024)
"""Chosen by benchmarks/transcripts.py."""

_LOCK = text("SELECT 1 FROM chats WHERE id = :chat_id FOR NO KEY UPDATE")

_APPEND = (
    text("SELECT transcript_append(:chat_id, :messages, :title, :wanted, :most_messages, :most_bytes) AS messages")
    .bindparams(bindparam("chat_id", type_=UUID), bindparam("messages", type_=JSONB))
    .columns(messages=JSONB)
)

_SEAL = text("SELECT transcript_seal(:chat_id)").bindparams(bindparam("chat_id", type_=UUID))

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
    row changes. Raises ValueError for an id that is no UUID: it could be stored, but never be sealed.
    """
    uuid.UUID(message["id"])
    return _append(chat_id, [message], bound=bound, title=title, wanted=limit) or [message]


def extend(chat_id: uuid.UUID, messages: Sequence[Message], *, bound: Bound = BOUND) -> None:
    """Add messages at the end, as part of the caller's transaction; any number of them.

    Raises ValueError for an id that is no UUID, as ``append`` does.
    """
    for message in messages:
        uuid.UUID(message["id"])
    for first in range(0, len(messages), bound.messages):
        _append(chat_id, messages[first : first + bound.messages], bound=bound)


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


def _append(
    chat_id: uuid.UUID, messages: Sequence[Message], *, bound: Bound, title: str | None = None, wanted: int = 0
) -> list[Message] | None:
    """What stands at the end then, at most ``wanted`` messages; None where there is no such chat."""
    own = {"chat_id": chat_id, "messages": list(messages), "title": title, "wanted": wanted}
    found: list[Message] | None = db.session.scalar(_APPEND, own | bound.parameters)
    return found
