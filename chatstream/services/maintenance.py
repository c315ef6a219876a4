"""What has had its time is deleted: failures, sessions, invites and password resets that are over.

Some rows at a time, passing over what others hold: safe on every node at once, and at any moment to be interrupted.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import InstrumentedAttribute

from chatstream.extensions import db
from chatstream.models import AuthSession, Invite, PasswordReset
from chatstream.services import error_logs

AT_ONCE: Final = 1000
"""Rows that one statement deletes: none holds its locks for long."""

SESSIONS_KEPT: Final = timedelta(days=7)
INVITES_KEPT: Final = timedelta(days=90)
"""After their end: until then an admin sees in the list what became of them."""


def clean(*, errors_kept: timedelta) -> dict[str, int]:
    """Delete what is over; returns how many rows of what. ``errors_kept``: since a failure was last seen."""
    past, sessions_end = func.now(), func.coalesce(AuthSession.revoked_at, AuthSession.expires_at)
    return {
        "failures": error_logs.purge(errors_kept),
        "sessions": _delete(AuthSession.id, func.least(sessions_end, AuthSession.expires_at) < past - SESSIONS_KEPT),
        "invites": _delete(Invite.id, func.coalesce(Invite.used_at, Invite.expires_at) < past - INVITES_KEPT),
        "password resets": _delete(PasswordReset.user_id, PasswordReset.expires_at < past),
    }


def _delete(key: InstrumentedAttribute[uuid.UUID], is_over: ColumnElement[bool]) -> int:
    gone = 0
    while True:
        some = select(key).where(is_over).limit(AT_ONCE).with_for_update(skip_locked=True)
        deleted = db.session.scalars(delete(key.class_).where(key.in_(some)).returning(key)).all()
        db.session.commit()
        gone += len(deleted)
        if len(deleted) < AT_ONCE:
            return gone
