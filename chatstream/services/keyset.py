"""Keyset pages: a page costs the same however deep it lies.

The cursor is the sort key of the last row shown, ``(instant, id)``, as URL-safe base64 without padding. It holds
nothing secret and grants nothing (each query carries its owner), so it is not signed.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from sqlalchemy import Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from chatstream.errors import InvalidFields
from chatstream.extensions import db

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows and, where there are more, the cursor that goes on after them."""

    items: list[Row]
    next_cursor: str | None


def pack(*key: str) -> str:
    """A cursor of a sort key whose parts have no blanks in them."""
    return base64.urlsafe_b64encode(" ".join(key).encode()).rstrip(b"=").decode()


def unpack(cursor: str) -> list[str]:
    """The parts of a sort key. Raises ValueError for what `pack` can not have made."""
    padded = cursor + "=" * (-len(cursor) % 4)
    return base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True).decode().split(" ")


def encode_cursor(instant: datetime, key: uuid.UUID) -> str:
    """The cursor of a row: at most 70 characters, URL-safe."""
    return pack(instant.isoformat(), str(key))


def decode_cursor(cursor: str) -> tuple[datetime, uuid.UUID]:
    """The sort key in a cursor. Raises InvalidFields for anything that encode_cursor did not make."""
    try:
        instant, key = unpack(cursor)
        moment = datetime.fromisoformat(instant)
        if moment.tzinfo is None:
            raise ValueError(instant)
        return moment, uuid.UUID(key)
    except (ValueError, OverflowError):
        raise InvalidFields({"cursor": ["Not a cursor of this list."]}) from None


def newest_first(
    query: Select[Row],
    *,
    instant: InstrumentedAttribute[datetime],
    key: InstrumentedAttribute[uuid.UUID],
    limit: int,
    cursor: str | None,
) -> Page[Row]:
    """Run ``query`` for one page of at most ``limit`` rows, by ``(instant, key)`` descending.

    An index with that order must stand behind it. Raises InvalidFields for a bad cursor.
    """
    if cursor is not None:
        query = query.where(tuple_(instant, key) < tuple_(*decode_cursor(cursor)))
    query = query.order_by(instant.desc(), key.desc()).limit(limit + 1)
    rows = list(db.session.scalars(query))
    return cut(rows, limit, lambda row: (getattr(row, instant.key), getattr(row, key.key)))


def cut(rows: list[Row], limit: int, place: Callable[[Row], tuple[datetime, uuid.UUID]]) -> Page[Row]:
    """The page of what was found, one row more than ``limit`` where there are more. ``place``: a row's sort key."""
    shown = rows[:limit]
    return Page(shown, encode_cursor(*place(shown[-1])) if len(rows) > limit else None)
