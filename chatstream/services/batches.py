"""Deleting many rows, some at a time: no statement holds its locks for long, and any of them may be the last."""

from __future__ import annotations

import uuid
from typing import Final

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import InstrumentedAttribute

from chatstream.extensions import db

AT_ONCE: Final = 1000
"""Rows that one statement deletes."""


def delete_in_batches(key: InstrumentedAttribute[uuid.UUID], which: ColumnElement[bool]) -> int:
    """Delete the rows of ``key``'s table that fulfil ``which``; returns how many. Commits after each batch.

    Passes over what others hold: another node may be at it.
    """
    gone = 0
    while True:
        some = select(key).where(which).limit(AT_ONCE).with_for_update(skip_locked=True)
        deleted = db.session.scalars(delete(key.class_).where(key.in_(some)).returning(key)).all()
        db.session.commit()
        gone += len(deleted)
        if len(deleted) < AT_ONCE:
            return gone
