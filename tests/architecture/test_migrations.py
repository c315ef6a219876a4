"""The migrations build what the models say, and go back without a trace."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import inspect, text

from chatstream import MIGRATIONS
from chatstream.extensions import Base, db
from chatstream.services import transcripts
from devkit.embedded_postgres import EmbeddedPostgres
from tests.support.own_database import on_empty_database
from tests.support.server import ROOT, command_environment
from tests.support.settings import environment


@pytest.fixture
def empty(postgres: EmbeddedPostgres) -> Iterator[Flask]:
    """The application on a database without tables."""
    with on_empty_database(postgres, "migrations") as app:
        yield app


def differences() -> list[object]:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, Base.metadata))


def test_the_migrations_build_the_models(empty: Flask) -> None:
    assert differences()
    flask_migrate.upgrade()
    assert differences() == []


def test_each_step_goes_back_and_forwards_again(empty: Flask) -> None:
    flask_migrate.upgrade()
    for step in ScriptDirectory(str(MIGRATIONS)).walk_revisions():
        flask_migrate.downgrade(revision=str(step.down_revision or "base"))
        flask_migrate.upgrade(revision=step.revision)
        flask_migrate.downgrade(revision=str(step.down_revision or "base"))
    assert set(inspect(db.engine).get_table_names()) == {"alembic_version"}
    flask_migrate.upgrade()
    assert differences() == []


def test_every_constraint_has_a_name_by_rule(empty: Flask) -> None:
    flask_migrate.upgrade()
    names = db.session.scalars(
        text("SELECT conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'")
    ).all()
    assert names
    assert [name for name in names if not name.startswith(("pk_", "fk_", "uq_", "ck_", "alembic"))] == []


def test_two_nodes_may_migrate_at_once(empty: Flask, postgres: EmbeddedPostgres) -> None:
    variables = command_environment(environment(postgres.url("migrations")))
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"]
    nodes = [subprocess.Popen(command, cwd=ROOT, env=variables, stderr=subprocess.PIPE) for _ in range(3)]
    for node in nodes:
        _, errors = node.communicate(timeout=60)
        assert node.returncode == 0, errors.decode()
    assert differences() == []


def test_long_transcripts_are_cut_into_pages_and_put_together_again(empty: Flask) -> None:
    flask_migrate.upgrade(revision="0007")
    db.session.execute(text("INSERT INTO teams (name, slug) VALUES ('Team', 'team')"))
    for statement in (
        "INSERT INTO users (team_id, email, name, password_hash) SELECT id, 'a@b.c', 'A', '' FROM teams",
        "INSERT INTO agents (team_id, name, webhook_url) SELECT id, 'Agent', 'http://127.0.0.1' FROM teams",
    ):
        db.session.execute(text(statement))
    for count, length in ((0, 0), (49, 10), (50, 10), (777, 10), (9, 20_000), (3, 200_000)):
        db.session.execute(
            text(
                "INSERT INTO chats (team_id, user_id, agent_id, title, message_count, messages) "
                "SELECT users.team_id, users.id, agents.id, :count, :count, coalesce((SELECT jsonb_agg("
                "jsonb_build_object('id', gen_random_uuid(), 'n', n, 'content', repeat('x', :length))) "
                "FROM generate_series(1, :count) AS n), '[]') FROM users, agents"
            ),
            {"count": count, "length": length},
        )
    db.session.commit()
    query = text("SELECT id, messages FROM chats ORDER BY id")
    before = [tuple(row) for row in db.session.execute(query)]
    db.session.rollback()
    flask_migrate.upgrade(revision="0008")
    pages = db.session.execute(
        text(
            "SELECT title, array_agg(jsonb_array_length(p.messages) ORDER BY number), bool_and(number = (p.messages "
            "-> 0 -> 'n')::int - 1) FROM chats JOIN chat_pages AS p ON id = chat_id GROUP BY title ORDER BY title::int"
        )
    ).all()
    assert [(title, sum(sizes), max(sizes) <= 51, in_place) for title, sizes, in_place in pages] == [
        (title, int(title), True, True) for title in ("3", "9", "50", "777")
    ]
    assert {title: len(sizes) for title, sizes, _ in pages} == {"3": 3, "9": 3, "50": 1, "777": 16}
    assert [transcripts.between(chat_id, 0, 1000) for chat_id, _ in before] == [messages for _, messages in before]
    db.session.rollback()
    flask_migrate.downgrade(revision="0007")
    assert [tuple(row) for row in db.session.execute(query)] == before
