"""What has had its time is deleted: failures, sessions, invites and password resets that are over.

Some rows at a time, passing over what others hold: safe on every node at once, and at any moment to be interrupted.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import func

from chatstream.models import AuthSession, Invite, PasswordReset
from chatstream.services import error_logs
from chatstream.services.batches import delete_in_batches

SESSIONS_KEPT: Final = timedelta(days=7)
INVITES_KEPT: Final = timedelta(days=90)
"""After their end: until then an admin sees in the list what became of them."""


def clean(*, errors_kept: timedelta) -> dict[str, int]:
    """Delete what is over; returns how many rows of what. ``errors_kept``: since a failure was last seen."""
    session_end = func.least(AuthSession.revoked_at, AuthSession.expires_at)
    invite_end = func.coalesce(Invite.used_at, Invite.expires_at)
    return {
        "failures": error_logs.purge(errors_kept),
        "sessions": delete_in_batches(AuthSession.id, session_end < func.now() - SESSIONS_KEPT),
        "invites": delete_in_batches(Invite.id, invite_end < func.now() - INVITES_KEPT),
        "password resets": delete_in_batches(PasswordReset.user_id, PasswordReset.expires_at < func.now()),
    }
