"""How Alembic runs our migrations: on a connection of their own, past any pooler, each in a transaction."""

from __future__ import annotations

from alembic import context
from flask import current_app

from chatstream.extensions import Base, unpooled_engine

import chatstream.models  # noqa: F401 isort: skip  - fills the metadata

LOCK = 0x43_68_61_74
"""Two nodes that start at once must not both migrate: the second waits here and finds nothing to do."""


def run() -> None:
    """Run whatever the command asked for, under an advisory lock."""
    engine = unpooled_engine(current_app.config["DATABASE_DIRECT_URL"], current_app.config["SEARCH_CONFIG"])
    with engine.connect() as connection:
        connection.exec_driver_sql("SET statement_timeout = 0")
        connection.exec_driver_sql("SET lock_timeout = '10s'")
        connection.exec_driver_sql(f"SELECT pg_advisory_lock({LOCK})")
        connection.commit()
        try:
            context.configure(connection=connection, target_metadata=Base.metadata, compare_server_default=True)
            with context.begin_transaction():
                context.run_migrations()
        finally:
            connection.rollback()
            connection.exec_driver_sql(f"SELECT pg_advisory_unlock({LOCK})")
            connection.commit()


if context.is_offline_mode():
    raise SystemExit("ChatStream's migrations run against a database only (no --sql).")
run()
