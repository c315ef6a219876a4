"""What needs a session of its own goes past the pooler: here one that answers nobody."""

from __future__ import annotations

import uuid

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from chatstream import create_app
from chatstream.config import Settings
from chatstream.extensions import db
from chatstream.services import signals
from tests.support.server import free_port


class _Heard(Exception):
    """Raised to end the listening."""


def test_migrations_and_listening_go_past_the_pooler(app: Flask, variables: dict[str, str]) -> None:
    direct, nowhere = variables["DATABASE_URL"], f"postgresql://127.0.0.1:{free_port()}/none"
    pooled = create_app(
        Settings.from_environment({**variables, "DATABASE_URL": nowhere, "DATABASE_DIRECT_URL": direct})
    )
    with pooled.app_context():
        with pytest.raises(OperationalError):
            db.session.execute(text("SELECT 1"))
        db.session.rollback()
        flask_migrate.upgrade()

    told = uuid.uuid4()

    def heard(word: str, ids: list[uuid.UUID]) -> None:
        if not word:  # it listens now
            with app.app_context():
                signals.send(signals.STOP, [told])
                db.session.commit()
        elif word == signals.STOP and told in ids:
            raise _Heard

    listener = pooled.extensions["chatstream"].runner._listener
    listener.subscribe(heard)
    with pytest.raises(_Heard):
        listener.run()
