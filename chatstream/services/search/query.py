"""What somebody typed into a search box, as a query that PostgreSQL understands.

All words must be there; ``"several words"`` as they stand, ``-word`` not at all. The last word may be the beginning of
one: it is still being typed. What counts as a word, the database says, for texts and queries alike.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import text

from chatstream.errors import InvalidFields
from chatstream.extensions import db

MAX_TERMS = 16

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
        current_setting('default_text_search_config') !~ '(^|[.])simple$' AS has_stems
    FROM terms
""")


@dataclass(frozen=True, slots=True)
class Query:
    """Two texts for PostgreSQL's tsquery: what an entry must fulfil, and the words to mark in it.

    ``has_stems``: words are found by their stems.
    """

    condition: str
    marks: str
    has_stems: bool


def parse(typed: str) -> Query | None:
    """The query; None when no words are in what was typed. Raises InvalidFields (q)."""
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
    row = db.session.execute(_QUERY, {"contents": contents, "excluded": excluded, "beginnings": beginnings}).one()
    return Query(row.condition, row.marks, row.has_stems) if row.marks else None
