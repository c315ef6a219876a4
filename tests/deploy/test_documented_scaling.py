"""docs/SCALING.md: its SQL runs on the real schema, and ChatStream goes on with what it makes."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator

import flask_migrate
import psycopg2
import pytest
from flask import Flask
from sqlalchemy import text

from chatstream.extensions import db
from chatstream.models import Chat
from chatstream.services import deleting, transcripts
from chatstream.services.purging import purge
from devkit.embedded_postgres import EmbeddedPostgres
from tests.services.test_transcripts import BOUND, everything, message, new_chat
from tests.support.own_database import on_empty_database
from tests.support.server import ROOT
from tests.support.world import World

PAGE = (ROOT / "docs" / "SCALING.md").read_text()
PARTITIONED = ("chat_pages", "search_entries")


@pytest.fixture
def other(postgres: EmbeddedPostgres) -> Iterator[Flask]:
    """The application on a database of its own."""
    with on_empty_database(postgres, "scaling") as app:
        flask_migrate.upgrade()
        yield app


def rows() -> dict[str, int]:
    found = {table: int(db.session.scalar(text(f"SELECT count(*) FROM {table}")) or 0) for table in PARTITIONED}
    db.session.rollback()
    return found


def long_chat(world: World, count: int) -> uuid.UUID:
    chat_id = new_chat(world)
    transcripts.extend(chat_id, [message() for _ in range(count)], bound=BOUND)
    db.session.commit()
    return chat_id


def test_the_sql_runs_and_everything_goes_on(other: Flask, postgres: EmbeddedPostgres) -> None:
    world = World(other)
    chats = [long_chat(world, 41) for _ in range(5)]
    before = {chat_id: everything(chat_id) for chat_id in chats}
    counts = rows()
    assert all(counts.values())
    db.session.remove()
    blocks = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) >= 2
    connection = psycopg2.connect(postgres.url("scaling"))
    connection.autocommit = True
    with connection.cursor() as cursor:
        for block in blocks:
            cursor.execute(block)
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'p' ORDER BY 1")
        assert [row[0] for row in cursor.fetchall()] == list(PARTITIONED)
    connection.close()
    assert rows() == counts
    assert {chat_id: everything(chat_id) for chat_id in chats} == before
    kept, *gone = chats
    more = [message() for _ in range(9)]
    transcripts.extend(kept, more, bound=BOUND)
    db.session.commit()
    assert everything(kept) == before[kept] + more
    assert deleting.mark(Chat.id.in_(gone)) == set(gone)
    db.session.commit()
    while not purge(turn_s=0):
        pass
    assert rows() == {"chat_pages": 12, "search_entries": 50}
    assert everything(kept) == before[kept] + more


def test_the_benchmarks_and_pages_it_names_exist() -> None:
    modules = re.findall(r"python -m (benchmarks\.\w+)", PAGE)
    assert len(modules) > 5
    assert [name for name in modules if not (ROOT / f"{name.replace('.', '/')}.py").exists()] == []
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", PAGE):
        assert (ROOT / "docs" / target).exists(), target
