"""Pooled connections: used again without asking, never after their server has ended them."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import NullPool, create_engine, text

from chatstream import pooled_connections
from chatstream.extensions import db


def pid() -> int:
    found = db.session.scalar(text("SELECT pg_backend_pid()"))
    db.session.rollback()
    assert isinstance(found, int)
    return found


@pytest.fixture
def pings(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Grows with each question whether a connection is still there."""
    with app.app_context():
        dialect = db.engine.dialect
    asked: list[object] = []
    ask = dialect.do_ping

    def note(connection: Any) -> bool:
        asked.append(connection)
        return ask(connection)

    monkeypatch.setattr(dialect, "do_ping", note)
    return asked


def test_a_connection_in_use_is_not_asked(app: Flask, pings: list[object]) -> None:
    with app.app_context():
        assert len({pid() for _ in range(5)}) == 1
    assert pings == []


def test_one_that_was_idle_is_asked(app: Flask, pings: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    with app.app_context():
        first = pid()
        monkeypatch.setattr(pooled_connections, "ASK_AFTER_S", -1.0)
        assert {pid() for _ in range(3)} == {first}
    assert len(pings) == 3


@pytest.mark.parametrize("count", [1, 4])
def test_those_that_the_server_has_ended_are_never_used(app: Flask, pings: list[object], count: int) -> None:
    """One is found to be dead; the others are as old, and not even asked."""
    with app.app_context():
        unpooled = create_engine(db.engine.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        old = pids(count)
        assert pids(count) == old
        with unpooled.connect() as killer:
            for key in old:
                killer.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": key})
        assert not pids(count) & old
    assert len(pings) == 1


def pids(count: int) -> set[Any]:
    """The server processes of so many connections at once."""
    connections = [db.engine.connect() for _ in range(count)]
    found = {connection.scalar(text("SELECT pg_backend_pid()")) for connection in connections}
    for connection in connections:
        connection.close()
    return found
