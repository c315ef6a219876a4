"""Versions of a turn in outline, and reading what is set aside: neither windows nor ``find`` see that."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from chatstream.extensions import db
from chatstream.services.transcripts.message import Message
from chatstream.services.transcripts.reading import between, length, place_of

_OUTLINES = (
    text("""
        SELECT version_id, sum(cardinality(message_ids)) AS length, (
            SELECT jsonb_agg(message ORDER BY number, place) FROM (
                SELECT number, place, message
                FROM version_pages AS page, jsonb_array_elements(messages) WITH ORDINALITY AS item(message, place)
                WHERE page.version_id = version_pages.version_id AND number < :limit
                ORDER BY number, place LIMIT :limit
            ) AS first
        ) AS messages
        FROM version_pages WHERE version_id = ANY(:version_ids) GROUP BY version_id
    """)
    .bindparams(bindparam("version_ids", type_=ARRAY(UUID)))
    .columns(version_id=UUID, messages=JSONB)
)

_BESIDE = (
    text("""
        WITH held AS (
            SELECT version_id FROM version_pages JOIN chat_versions ON id = version_id
            WHERE chat_id = :chat_id AND message_ids @> ARRAY[:message_id] LIMIT 1
        )
        SELECT message FROM held JOIN version_pages USING (version_id), jsonb_array_elements(messages) AS item(message)
        WHERE message_ids && :wanted AND CAST(message->>'id' AS uuid) = ANY(:wanted)
    """)
    .bindparams(bindparam("message_id", type_=UUID), bindparam("wanted", type_=ARRAY(UUID)))
    .columns(message=JSONB)
)


@dataclass(frozen=True, slots=True)
class Outline:
    """How many messages a version of a turn has, and the first of them."""

    count: int
    messages: list[Message]


def outlines(version_ids: Collection[uuid.UUID], *, limit: int) -> dict[uuid.UUID, Outline]:
    """What is set aside for each of these versions, with its first ``limit`` messages."""
    rows = db.session.execute(_OUTLINES, {"version_ids": list(version_ids), "limit": limit})
    return {row.version_id: Outline(int(row.length), row.messages) for row in rows}


def outline(chat_id: uuid.UUID, message_id: str, *, limit: int) -> Outline:
    """The end of the transcript, from a message that it has on, with its first ``limit`` messages."""
    place = place_of(chat_id, message_id)
    assert place is not None
    return Outline(length(chat_id) - place, between(chat_id, place, place + limit))


def find_aside(chat_id: uuid.UUID, message_id: uuid.UUID, *, beside: Collection[uuid.UUID] = ()) -> list[Message]:
    """A message that is set aside, and those of ``beside`` that are set aside with it, in no order."""
    parameters = {"chat_id": chat_id, "message_id": message_id, "wanted": [message_id, *beside]}
    return list(db.session.scalars(_BESIDE, parameters))
