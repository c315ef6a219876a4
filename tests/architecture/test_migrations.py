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

from chatstream import MIGRATIONS, create_app
from chatstream.config import Settings
from chatstream.extensions import Base, db
from devkit.embedded_postgres import EmbeddedPostgres
from tests.support.server import ROOT, command_environment
from tests.support.settings import environment


@pytest.fixture
def empty(postgres: EmbeddedPostgres) -> Iterator[Flask]:
    """The application on a database without tables."""
    postgres.create_database("migrations")
    app = create_app(Settings.from_environment(environment(postgres.url("migrations"))))
    with app.app_context():
        db.session.execute(text("DROP SCHEMA public CASCADE"))
        db.session.execute(text("CREATE SCHEMA public"))
        db.session.commit()
        yield app
        db.session.remove()
        db.engine.dispose()


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
