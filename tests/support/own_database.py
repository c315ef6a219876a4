"""An application on a database of its own, for what may not touch the one of the other tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy import text

from chatstream import create_app
from chatstream.config import Settings
from chatstream.extensions import db
from devkit.embedded_postgres import EmbeddedPostgres
from tests.support.settings import environment


@contextmanager
def on_empty_database(postgres: EmbeddedPostgres, name: str) -> Iterator[Flask]:
    """The application within its context, on a database without tables, whatever an earlier test left in it."""
    postgres.create_database(name)
    app = create_app(Settings.from_environment(environment(postgres.url(name))))
    with app.app_context():
        db.session.execute(text("DROP SCHEMA public CASCADE"))
        db.session.execute(text("CREATE SCHEMA public"))
        db.session.commit()
        yield app
        db.session.remove()
        db.engine.dispose()
