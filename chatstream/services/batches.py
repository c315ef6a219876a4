"""Deleting many rows, some at a time: each batch is a transaction of its own, and any of them may be the last.

A batch begins where the last one ended. What was deleted stays in the index until nobody's snapshot sees it, and would
be gone over again by whoever begins at the start.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Executable, any_, bindparam, delete, func, select, text, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, INTEGER, UUID
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.expression import SQLColumnExpression

from chatstream.extensions import db

FIRST: Final = 200
"""Rows of a first batch; the others are made as large as fits into AIM_S."""
LEAST, MOST = 20, 2000
AIM_S: Final = 0.025
"""How long a batch holds its locks. A slow disk makes batches smaller, not longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """When the rows of a table are over. ``end`` is a column or an expression that an index begins with.

    ``permit``: what each transaction says before it may delete.
    """

    key: InstrumentedAttribute[uuid.UUID]
    end: SQLColumnExpression[Any]
    permit: Executable | None = None

    def count(self, kept: timedelta) -> int:
        """How many ended longer ago than ``kept``."""
        found = db.session.scalar(select(func.count()).where(self.end < func.now() - kept))
        db.session.rollback()
        return found or 0

    def delete(self, kept: timedelta) -> int:
        """Delete those that ended longer ago than ``kept``; returns how many. Commits after each batch.

        Passes over what others hold: another node may be at it.
        """
        gone, rows, place = 0, FIRST, None
        before = db.session.scalar(select(func.now() - kept))
        while True:
            begun = time.monotonic()
            places = self._delete_some(self.end < before, place, rows)
            gone += len(places)
            if len(places) < rows:
                return gone
            place = max(places)
            rows = fitting(rows, time.monotonic() - begun)

    def _delete_some(
        self, which: ColumnElement[bool], after: tuple[datetime, uuid.UUID] | None, rows: int
    ) -> list[tuple[datetime, uuid.UUID]]:
        some = select(self.key).where(which).order_by(self.end, self.key).limit(rows)
        if after is not None:
            some = some.where(tuple_(self.end, self.key) > after)
        # an array, so that the planner never reads the whole table for the rows of a batch
        keys = func.array(some.with_for_update(skip_locked=True).scalar_subquery())
        if self.permit is not None:
            db.session.execute(self.permit)
        deleted = db.session.execute(
            delete(self.key.class_).where(self.key == any_(keys)).returning(self.end, self.key),
            execution_options={"synchronize_session": False},
        )
        places = [(row[0], row[1]) for row in deleted]
        db.session.commit()
        return places


def fitting(rows: int, took_s: float) -> int:
    """How many rows the next batch may have, after one of ``rows`` that took so long."""
    return max(LEAST, min(MOST, 2 * rows, int(rows * AIM_S / max(took_s, 0.001))))


def delete_parts(
    table: str, owner: str, place: str, owners: Sequence[uuid.UUID], *, rows: int, alone: bool = False
) -> Iterator[int]:
    """Delete what hangs on ``owners``: rows of ``table``, whose primary key is (``owner``, ``place``).

    Yields after each committed batch how many went with it, at most ``rows``. Passes over what others hold, unless
    the caller sees to it that it is ``alone``, which saves a write for each row.
    """
    lock = "" if alone else "FOR UPDATE SKIP LOCKED"
    statement = text(
        "WITH over AS MATERIALIZED (SELECT part.* FROM unnest(:owners, :after) AS begun(owner, after), LATERAL ("  # noqa: S608 - names of our own tables
        f"SELECT tableoid AS part, ctid AS spot FROM {table} WHERE {owner} = begun.owner AND {place} > begun.after "
        f"ORDER BY {place} LIMIT :rows {lock}) AS part LIMIT :rows) "
        # by where they are on the disk, in an array, so that the planner never reads the whole table for a batch; the
        # same spot may be in several partitions
        f"DELETE FROM {table} AS gone WHERE ctid = ANY(ARRAY(SELECT spot FROM over)) "
        "AND EXISTS (SELECT FROM over WHERE over.spot = gone.ctid AND over.part = gone.tableoid) "
        f"RETURNING {owner}, {place}"
    ).bindparams(bindparam("owners", type_=ARRAY(UUID)), bindparam("after", type_=ARRAY(INTEGER)))
    left = dict.fromkeys(owners, -2)
    while left:
        parameters = {"owners": list(left), "after": list(left.values()), "rows": rows}
        gone = db.session.execute(statement, parameters).all()
        db.session.commit()
        yield len(gone)
        if len(gone) < rows:
            return
        _move_on(left, gone)


def _move_on(left: dict[uuid.UUID, int], gone: Sequence[Any]) -> None:
    """Owners are gone through in their order: all before the last one that something went of have nothing more."""
    for key, place in gone:
        left[key] = max(left[key], place)
    last = {row[0] for row in gone}
    for key in list(left):
        if last == {key}:
            return
        last.discard(key)
        del left[key]
