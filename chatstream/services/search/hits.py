"""Finding titles and messages of one user's chats, best first."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, cast, false, select, text
from sqlalchemy.dialects.postgresql import TSQUERY, UUID

from chatstream.errors import InvalidFields
from chatstream.extensions import db
from chatstream.models import Chat, SearchEntry
from chatstream.models.search_entry import TITLE
from chatstream.services import keyset, transcripts
from chatstream.services.principals import Principal
from chatstream.services.search.query import Query, parse
from chatstream.services.search.snippets import snippet

FOUND = 2_000
"""So many entries are taken for few. PostgreSQL would walk along the list of chats and look for the words in each of
them: good where most have them, and slow in a list of 100,000 where nearly none has."""

# A title that was found is a hit only where no message of its chat is one: most titles repeat the first message.
_PAGE = """
    WITH found AS (
        SELECT entry.chat_id, entry.place, entry.message_id, entry.sent_at, chats.title,
            CAST(ts_rank(entry.words, CAST(:condition AS tsquery), 1) AS double precision) AS rank,
            bool_or(entry.place >= 0) OVER (PARTITION BY entry.chat_id) AS has_messages
        FROM (SELECT * FROM search_entries WHERE user_id = :user_id {fence}) AS entry
            JOIN chats ON chats.id = entry.chat_id AND chats.user_id = :user_id AND chats.team_id = :team_id
                AND chats.deleted_at IS NULL
        WHERE entry.words @@ CAST(:condition AS tsquery)
            AND (CAST(:agent_id AS uuid) IS NULL OR chats.agent_id = CAST(:agent_id AS uuid))
            AND (CAST(:archived AS boolean) IS NULL OR chats.is_archived = CAST(:archived AS boolean))
            AND (CAST(:role AS text) IS NULL OR entry.role = CAST(:role AS text))
            AND (CAST(:since AS timestamptz) IS NULL OR entry.sent_at >= CAST(:since AS timestamptz))
            AND (CAST(:until AS timestamptz) IS NULL OR entry.sent_at < CAST(:until AS timestamptz))
    ),
    page AS (
        SELECT * FROM found WHERE (place >= 0 OR NOT has_messages) AND (
            CAST(:rank AS double precision) IS NULL OR (rank, sent_at, chat_id, place) < (
                :rank, CAST(:sent_at AS timestamptz), CAST(:chat_id AS uuid), CAST(:place AS integer)))
        ORDER BY rank DESC, sent_at DESC, chat_id DESC, place DESC LIMIT :limit
    )
    SELECT page.*, ARRAY(
        SELECT lexeme FROM unnest(words) WHERE array_to_tsvector(ARRAY[lexeme]) @@ CAST(:marks AS tsquery)) AS lexemes
    FROM page JOIN search_entries USING (chat_id, place)
    ORDER BY rank DESC, page.sent_at DESC, chat_id DESC, place DESC
"""
_OWNER = (bindparam("user_id", type_=UUID), bindparam("team_id", type_=UUID))
_PAGE_OF_MANY = text(_PAGE.format(fence="")).bindparams(*_OWNER)
_PAGE_OF_FEW = text(_PAGE.format(fence="OFFSET 0")).bindparams(*_OWNER)
"""OFFSET 0 keeps the user's entries a query of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which entries count; ``since`` is included, ``until`` is not. Titles have no role."""

    agent_id: uuid.UUID | None = None
    archived: bool | None = None
    role: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A message that was found, or a title (then there is no message). ``snippet`` is HTML."""

    chat_id: uuid.UUID
    chat_title: str | None
    message: transcripts.Message | None
    snippet: str
    rank: float


def page(principal: Principal, typed: str, *, limit: int, cursor: str | None, filters: Filters) -> keyset.Page[Hit]:
    """The hits in the caller's chats, best first and among equals newest first. Raises InvalidFields (q, cursor)."""
    after = _after(cursor)
    query = parse(typed, principal.user_id)
    if query is None:
        return keyset.Page([], None)
    parameters = {
        "user_id": principal.user_id,
        "team_id": principal.team_id,
        "condition": query.condition,
        "marks": query.marks,
        "limit": limit + 1,
        **asdict(filters),
        **after,
    }
    rows = db.session.execute(_PAGE_OF_FEW if query.has_few_entries else _PAGE_OF_MANY, parameters).all()
    shown = rows[:limit]
    return keyset.Page(_hits(query, shown), _cursor(shown[-1]) if len(rows) > limit else None)


def chats_with(principal: Principal, typed: str) -> ColumnElement[bool]:
    """The condition that a chat's title or one of its messages is found. Raises InvalidFields (q)."""
    query = parse(typed, principal.user_id)
    if query is None:
        return false()
    own = select(SearchEntry.chat_id, SearchEntry.words).where(SearchEntry.user_id == principal.user_id)
    entries = (own.offset(0) if query.has_few_entries else own).subquery()
    matching = select(entries.c.chat_id).where(entries.c.words.bool_op("@@")(cast(query.condition, TSQUERY)))
    found = db.session.scalars(matching.limit(FOUND + 1)).all()
    return Chat.id.in_(set(found) if len(found) <= FOUND else matching)


def _hits(query: Query, rows: Sequence[Row[Any]]) -> list[Hit]:
    """The rows with their messages. One that was set aside since it was found is left out."""
    messages = transcripts.at([(row.chat_id, row.place) for row in rows if row.place != TITLE])
    hits = []
    for row in rows:
        message = messages.get((row.chat_id, row.place))
        if row.place != TITLE and (message is None or message["id"] != str(row.message_id)):
            continue
        shown = snippet(message["content"] if message else row.title or "", row.lexemes, has_stems=query.has_stems)
        hits.append(Hit(chat_id=row.chat_id, chat_title=row.title, message=message, snippet=shown, rank=row.rank))
    return hits


def _cursor(row: Row[Any]) -> str:
    return keyset.pack(repr(row.rank), row.sent_at.isoformat(), str(row.chat_id), str(row.place))


def _after(cursor: str | None) -> dict[str, Any]:
    """Where a page begins, as parameters. Raises InvalidFields."""
    names = ("rank", "sent_at", "chat_id", "place")
    if cursor is None:
        return dict.fromkeys(names)
    try:
        rank, sent_at, chat_id, place = keyset.unpack(cursor)
        values = (float(rank), datetime.fromisoformat(sent_at), uuid.UUID(chat_id), int(place))
        if not 0 <= values[0] <= 1e9 or values[1].tzinfo is None or not TITLE <= values[3] < 2**31:
            raise ValueError(cursor)
    except (ValueError, OverflowError):
        raise InvalidFields({"cursor": ["Not a cursor of this list."]}) from None
    return dict(zip(names, values, strict=True))
