"""What the database holds, to tell whether anything has changed."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import text

from chatstream.extensions import db

GO_ON = ("heartbeat_at", "last_used_at")
"""Columns that change by themselves."""


def digests(app: Flask) -> dict[str, str]:
    """A digest of each table. What is still being told of a running answer is left out."""
    row = " - ".join(["to_jsonb(t)", *(f"'{column}'" for column in GO_ON)])
    each = (
        f"SELECT '{table}', md5(string_agg(({row})::text, '' ORDER BY t)) FROM {table} t"
        for table in db.metadata.tables
        if table != "generation_events"
    )
    with app.app_context():
        found = {row[0]: row[1] for row in db.session.execute(text(" UNION ALL ".join(each)))}
        db.session.rollback()
    return found
