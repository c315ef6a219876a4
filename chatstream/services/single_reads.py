"""Statements that only read and are a transaction of their own: BEGIN and ROLLBACK would be two more round trips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Executable, Row

from chatstream.extensions import db


def fetch(statement: Executable, parameters: Mapping[str, Any]) -> Sequence[Row[Any]]:
    """The rows of a statement; it holds no connection afterwards.

    A transaction that the caller has open is read in instead: nobody takes a second connection while it has one.
    """
    if db.session.registry.has() and db.session().in_transaction():
        return db.session.execute(statement, parameters).all()
    with db.engine.connect() as connection:
        driver: Any = connection.connection.dbapi_connection
        # SQLAlchemy's isolation level AUTOCOMMIT would have psycopg2 send a SET before and after
        driver.autocommit = True
        try:
            return connection.execute(statement, parameters).all()
        finally:
            if not driver.closed:
                driver.autocommit = False
