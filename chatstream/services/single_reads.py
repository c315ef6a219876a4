"""Statements that only read and are a transaction of their own: BEGIN and ROLLBACK would be two more round trips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Executable, Row

from chatstream.extensions import autocommit_engine, db


def fetch(statement: Executable, parameters: Mapping[str, Any]) -> Sequence[Row[Any]]:
    """The rows of a statement; it holds no connection afterwards.

    A transaction that the caller has open is read in instead: nobody takes a second connection while it has one.
    """
    if db.session.registry.has() and db.session().in_transaction():
        return db.session.execute(statement, parameters).all()
    with autocommit_engine().connect() as connection:
        return connection.execute(statement, parameters).all()
