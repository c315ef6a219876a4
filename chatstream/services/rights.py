"""Rights that are used, and rights that end.

Acts that need an admin's rights take turns within a team, by a lock on the team's row. So the last admin is counted
rightly, and nothing is handed out by somebody whose rights end at the same moment. Locks are taken in the order team,
user, session, generation, invite, password reset.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection

from sqlalchemy import delete, select

from chatstream.errors import AdminRequired
from chatstream.extensions import db
from chatstream.models import Generation, Invite, PasswordReset, Team, User
from chatstream.services import auth_sessions
from chatstream.services.generations.outcomes import request_stop
from chatstream.services.principals import Principal


def lock_team(team_id: uuid.UUID) -> None:
    """Let nobody else change who rules a team before this transaction ends. Registering goes on meanwhile."""
    db.session.execute(select(Team.id).where(Team.id == team_id).with_for_update(key_share=True))


def act_as_admin(principal: Principal) -> None:
    """Lock the team, and make sure that the caller is its admin still. Raises AdminRequired."""
    lock_team(principal.team_id)
    rules = select(User.id).where(
        User.id == principal.user_id, User.team_id == principal.team_id, User.role == "admin", User.is_active
    )
    if db.session.scalar(rules) is None:
        raise AdminRequired


def end_of_admin(user_id: uuid.UUID) -> int:
    """Somebody is no admin any more, as part of the caller's transaction; returns how many invites count no longer.

    Sessions go on with the new role. Answers that were asked for with the old one stop, and what the admin has handed
    out is void.
    """
    request_stop(Generation.user_id == user_id)
    return _withdraw([user_id])


def end_of_access(*user_ids: uuid.UUID) -> int:
    """These users are out, as part of the caller's transaction; returns how many invites count no longer.

    Their sessions end, their answers stop, and what they have handed out, or were handed, is void.
    """
    auth_sessions.revoke_all(*user_ids)
    request_stop(Generation.user_id.in_(user_ids))
    revoked = _withdraw(user_ids)
    db.session.execute(delete(PasswordReset).where(PasswordReset.user_id.in_(user_ids)))
    return revoked


def _withdraw(user_ids: Collection[uuid.UUID]) -> int:
    pending = delete(Invite).where(Invite.created_by.in_(user_ids), Invite.used_at.is_(None))
    revoked = db.session.scalars(pending.returning(Invite.id)).all()
    db.session.execute(delete(PasswordReset).where(PasswordReset.issued_by.in_(user_ids)))
    return len(revoked)
