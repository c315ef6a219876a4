"""What somebody typed into a search box, as a query that PostgreSQL understands.

All words must be there; ``"several words"`` as they stand, ``-word`` not at all. The last word may be the beginning of
one: it is still being typed. What counts as a word, the database says, for texts and queries alike.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import UUID

from chatstream.errors import InvalidFields
from chatstream.extensions import db

MAX_TERMS = 16
FEW = 5_000
"""So many entries are looked through one by one. PostgreSQL would also ask the index of all users' words, which for a
frequent word, or the beginning of one, costs the more the more users there are."""

_TERM = re.compile(r'(-?)"([^"]*)"?|(-?)(\S+)')

# A term of several words, like e-mail, is a phrase. Marks are what a snippet shows: any of the words.
_QUERY = text("""
    WITH typed AS (
        SELECT term.*, CAST(phraseto_tsquery(search_text(content)) AS text) AS phrase
        FROM unnest(CAST(:contents AS text[]), CAST(:excluded AS boolean[]), CAST(:beginnings AS boolean[]))
            AS term(content, excluded, beginning)
    ),
    terms AS (
        SELECT excluded, phrase || CASE WHEN beginning THEN ':*' ELSE '' END AS term FROM typed WHERE phrase <> ''
    )
    SELECT string_agg(CASE WHEN excluded THEN '!(' ELSE '(' END || term || ')', ' & ') AS condition,
        regexp_replace(string_agg(term, ' | ') FILTER (WHERE NOT excluded), '<(-|[0-9]+)>', '|', 'g') AS marks,
        current_setting('default_text_search_config') !~ '(^|[.])simple$' AS has_stems,
        (SELECT count(*) FROM (SELECT FROM search_entries WHERE user_id = :user_id LIMIT :few + 1) AS own) <= :few
            AS has_few_entries
    FROM terms
""").bindparams(bindparam("user_id", type_=UUID))


@dataclass(frozen=True, slots=True)
class Query:
    """Two texts for PostgreSQL's tsquery: what an entry must fulfil, and the words to mark in it.

    ``has_stems``: words are found by their stems. ``has_few_entries``: the user who asks has no more than `FEW`.
    """

    condition: str
    marks: str
    has_stems: bool
    has_few_entries: bool


def parse(typed: str, user_id: uuid.UUID) -> Query | None:
    """The query of a user; None when no words are in what was typed. Raises InvalidFields (q)."""
    contents, excluded, beginnings = [], [], []
    for match in _TERM.finditer(typed):
        minus, phrase, word_minus, word = match.groups()
        contents.append(phrase if word is None else word)
        excluded.append(bool(minus or word_minus))
        beginnings.append(word is not None and not word_minus and match.end() == len(typed))
    if len(contents) > MAX_TERMS:
        raise InvalidFields({"q": [f"Has more than {MAX_TERMS} words."]})
    if all(excluded):
        raise InvalidFields({"q": ["Must have a word to look for."]})
    terms = {"contents": contents, "excluded": excluded, "beginnings": beginnings}
    row = db.session.execute(_QUERY, {**terms, "user_id": user_id, "few": FEW}).one()
    return Query(row.condition, row.marks, row.has_stems, row.has_few_entries) if row.marks else None
