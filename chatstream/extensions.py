"""The Flask extensions, unbound. ``create_app`` binds them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from flask import Flask
from flask_cors import CORS
from flask_jwt_extended import JWTManager
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine, ExceptionContext, MetaData, NullPool, create_engine, event
from sqlalchemy.orm import DeclarativeBase

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""A constraint without a name can not be dropped by a migration."""


def connect_args(search_config: str) -> dict[str, Any]:
    """What every connection to PostgreSQL is made with; the names are libpq's.

    ``search_config`` names a text search configuration that the database has; no connection comes about with another.
    """
    return {
        "connect_timeout": 5,
        "application_name": "chatstream",
        "options": "-c timezone=UTC -c statement_timeout=15000 -c lock_timeout=10000"
        f" -c idle_in_transaction_session_timeout=60000 -c default_text_search_config={search_config}",
        # a server that vanished without a word is noticed within a minute
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,
    }


class Base(DeclarativeBase):
    """The declarative base: every constraint gets its name by rule."""

    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base, disable_autonaming=True)
migrate = Migrate()
jwt = JWTManager()
cors = CORS()
limiter = Limiter(key_func=get_remote_address, strategy="moving-window", headers_enabled=False)

_ROW = re.compile(r"Failing row contains.*", re.DOTALL)


@event.listens_for(Engine, "handle_error")
def _hide_rows(context: ExceptionContext) -> None:
    """PostgreSQL quotes the row that breaks a constraint, secrets and all; errors are logged and kept in error_logs."""
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None:
            error.args = tuple(_ROW.sub("(row hidden)", arg) if isinstance(arg, str) else arg for arg in error.args)


def unpooled_engine(url: str, search_config: str) -> Engine:
    """An engine whose connections are made when asked for and closed after use: for what belongs to a session, which a
    pooler in transaction mode would hand to somebody else."""
    return create_engine(url, poolclass=NullPool, connect_args=connect_args(search_config), hide_parameters=True)


def init_extensions(app: Flask, migrations: Path) -> None:
    """Bind every extension to ``app``, whose config must be complete."""
    db.init_app(app)
    migrate.init_app(app, db, directory=str(migrations), compare_type=True)
    jwt.init_app(app)
    cors.init_app(app)
    limiter.init_app(app)
