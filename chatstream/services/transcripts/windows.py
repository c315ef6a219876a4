"""Windows into a transcript as JSON text, as PostgreSQL holds it: what is only passed on is not taken apart."""

from __future__ import annotations

from typing import Final


def _between(messages: str, first: str, after: str) -> str:
    """The text of those of the array ``messages`` that are wanted; it has the places ``first`` to before ``after``."""
    return f"""
        CAST(CASE WHEN {first} >= start AND {after} <= stop THEN {messages}
        ELSE jsonb_path_query_array({messages}, '$[$first to $last]',
            jsonb_build_object('first', greatest(start - {first}, 0), 'last', stop - 1 - {first}))
        END AS text)"""


PIECES: Final = f"""
    concat_ws(chr(10),
        (SELECT string_agg({_between("messages", "number", "number + cardinality(message_ids)")},
            chr(10) ORDER BY number)
         FROM chat_pages WHERE chat_id = chats.id AND number < stop AND number >= (
            SELECT coalesce(max(number), 0) FROM chat_pages WHERE chat_id = chats.id AND number <= start)),
        {_between("chats.messages", "tail", "message_count")})
"""  # noqa: S608
"""Of a row of ``chats`` beside its `bounds`: the messages from place ``start`` to before place ``stop``, as JSON arrays
that follow each other, each on a line of its own. An array is taken out of its compressed form once."""


def bounds(start: str, stop: str) -> str:
    """What stands beside a row of ``chats``: the bounds of the window, and the place of the tail's first message."""
    return f"""
        (SELECT {start} AS start, {stop} AS stop, message_count - jsonb_array_length(messages) AS tail OFFSET 0)"""


NEWEST: Final = bounds("greatest(message_count - :limit, 0)", "message_count")
GIVEN: Final = bounds("CAST(:start AS integer)", "CAST(:stop AS integer)")


def joined(pieces: str) -> str:
    """One JSON array of PIECES, in whose texts a line break is always escaped."""
    inner = ",".join(piece[1:-1] for piece in pieces.split("\n") if piece != "[]")
    return f"[{inner}]"
