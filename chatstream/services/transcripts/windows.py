"""Windows into a transcript as JSON text, as PostgreSQL holds it: what is only passed on is not taken apart."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final


def _between(messages: str, number: str) -> str:
    """The text of those of the array ``messages``, the first of which has the place ``number``, that are wanted."""
    return f"""
        CAST(CASE WHEN {number} >= start AND {number} + jsonb_array_length({messages}) <= stop THEN {messages}
        ELSE jsonb_path_query_array({messages}, '$[$first to $last]',
            jsonb_build_object('first', greatest(start - {number}, 0), 'last', stop - 1 - {number}))
        END AS text)"""


PIECES: Final = f"""
    ARRAY(
        SELECT {_between("page.messages", "page.number")} FROM chat_pages AS page
        WHERE page.chat_id = chats.id AND page.number < stop AND page.number >= (
            SELECT coalesce(max(number), 0) FROM chat_pages WHERE chat_id = chats.id AND number <= start)
        ORDER BY page.number
    ) || {_between("chats.messages", "(chats.message_count - jsonb_array_length(chats.messages))")}
"""  # noqa: S608
"""Of a row of ``chats``, beside which stand ``start`` and ``stop``: the messages from place ``start`` to before place
``stop``, as the texts of JSON arrays that follow each other."""

NEWEST_BOUNDS: Final = "SELECT greatest(message_count - :limit, 0) AS start, message_count AS stop"
BOUNDS: Final = "SELECT CAST(:start AS integer) AS start, CAST(:stop AS integer) AS stop"


def joined(pieces: Iterable[str]) -> str:
    """One JSON array of several."""
    return f"[{','.join(piece[1:-1] for piece in pieces if piece != '[]')}]"
