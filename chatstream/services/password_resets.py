"""Password resets: an admin issues a one-time token, and the user sets a new password by it."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from chatstream.errors import Forbidden, InvalidResetToken, UserInactive
from chatstream.extensions import db
from chatstream.models import Generation, PasswordReset, Team, User
from chatstream.services import audit, auth_sessions, rights
from chatstream.services.generations.outcomes import request_stop
from chatstream.services.one_time_tokens import new_token, token_hash
from chatstream.services.passwords import PasswordHasher, check_password_rules
from chatstream.services.principals import Principal
from chatstream.services.team_members import lock_member

LIFETIME: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedReset:
    """A token in the clear, for this once, and until when it is good."""

    user_id: uuid.UUID
    token: str
    expires_at: datetime


def issue(principal: Principal, user_id: uuid.UUID, *, source: audit.Source) -> IssuedReset:
    """Make a token for a member of the caller's team; an older one of that user is void.

    Raises NotFound, UserInactive, AdminRequired, and Forbidden for the caller's own account: whoever is signed in
    proves the old password first.
    """
    rights.act_as_admin(principal)
    user = lock_member(principal, user_id)
    if user.id == principal.user_id:
        raise Forbidden("Change your own password with the old one.")
    if not user.is_active:
        raise UserInactive
    token = new_token()
    row = {
        "token_hash": token_hash(token),
        "password_fingerprint": _fingerprint(user),
        "issued_by": principal.user_id,
        "created_at": func.now(),
        "expires_at": func.now() + LIFETIME,
    }
    expires_at = db.session.scalar(
        insert(PasswordReset)
        .values(user_id=user.id, **row)
        .on_conflict_do_update(index_elements=["user_id"], set_=row)
        .returning(PasswordReset.expires_at)
    )
    assert expires_at is not None
    audit.record("password_reset_issued", user, actor_id=principal.user_id, source=source)
    db.session.commit()
    return IssuedReset(user_id=user.id, token=token, expires_at=expires_at)


@dataclass(frozen=True, slots=True)
class PasswordResets:
    """Takes reset tokens, with the hasher that makes the new password."""

    hasher: PasswordHasher

    def use(self, *, token: str, new_password: str, source: audit.Source) -> None:
        """Replace a password and end the user's sessions. A password that is refused leaves the token as it was.

        Raises InvalidResetToken, InvalidFields (password rules), Busy.
        """
        user = _bearer(token)
        check_password_rules(new_password, email=user.email, field="new_password")
        stored = user.password_hash
        db.session.rollback()  # no connection is held while the password is hashed
        password_hash = self.hasher.hash(new_password, like=stored)
        user = _bearer(token, lock=True)
        user.password_hash = password_hash
        auth_sessions.revoke_all(user.id)
        request_stop(Generation.user_id == user.id)
        _spend(token)
        audit.record("password_reset_used", user, actor_id=user.id, source=source)
        db.session.commit()


def _bearer(token: str, *, lock: bool = False) -> User:
    """Whose password a token may replace. Raises InvalidResetToken."""
    query = (
        select(User, PasswordReset.password_fingerprint)
        .join(PasswordReset, PasswordReset.user_id == User.id)
        .join(User.team)
        .where(
            PasswordReset.token_hash == token_hash(token),
            PasswordReset.expires_at > func.now(),
            User.is_active,
            Team.is_active,
        )
    )
    row = db.session.execute(query.with_for_update(of=User, key_share=True) if lock else query).one_or_none()
    if row is None or row[1] != _fingerprint(row[0]):
        raise InvalidResetToken
    user: User = row[0]
    return user


def _spend(token: str) -> None:
    """Take the token away, unless a newer one has replaced it meanwhile. Raises InvalidResetToken."""
    spent = delete(PasswordReset).where(PasswordReset.token_hash == token_hash(token))
    if db.session.scalar(spent.returning(PasswordReset.user_id)) is None:
        raise InvalidResetToken


def _fingerprint(user: User) -> str:
    return hashlib.sha256(user.password_hash.encode()).hexdigest()
