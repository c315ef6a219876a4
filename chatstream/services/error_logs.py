"""Error logs: failures kept in the database, for admins and operators."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert

from chatstream.extensions import db
from chatstream.models import ErrorLog


def record(
    *,
    code: str,
    message: str,
    severity: str = "error",
    stack: str | None = None,
    request_id: str | None = None,
    method: str | None = None,
    path: str | None = None,
    team_id: uuid.UUID | None = None,
    user_id: uuid.UUID | None = None,
    agent_id: uuid.UUID | None = None,
    chat_id: uuid.UUID | None = None,
    context: Mapping[str, Any] | None = None,
) -> None:
    """Add one row, as part of the caller's transaction. Text must be free of secrets, and of NUL."""
    values = locals() | {"context": dict(context or {})}
    db.session.execute(insert(ErrorLog).values(**values))
