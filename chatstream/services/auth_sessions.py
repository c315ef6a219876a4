"""Sessions: begun at login, gone on with by rotating refresh tokens, ended by logout or by a token's reuse.

Rotation with reuse detection as in RFC 9700, section 4.14.2: each refresh token counts once. The immediate predecessor
is answered with the very same successor for a few seconds, because two tabs may refresh at once.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, update

from chatstream.errors import InvalidToken, TokenReused
from chatstream.extensions import db
from chatstream.models import AuthSession, Generation, Team, User
from chatstream.services.generations.outcomes import request_stop
from chatstream.services.principals import Principal

REFRESH_LIFETIME = timedelta(days=7)
ROTATION_GRACE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshGrant:
    """What a refresh token is minted from; the same grant gives the same token, byte for byte."""

    session_id: uuid.UUID
    user_id: uuid.UUID
    jti: uuid.UUID
    issued_at: datetime


def begin(user_id: uuid.UUID, *, ip: str | None, user_agent: str) -> RefreshGrant:
    """Open a session for a user who has just proved who it is."""
    db.session.execute(delete(AuthSession).where(AuthSession.user_id == user_id, AuthSession.expires_at < func.now()))
    session = AuthSession(
        user_id=user_id,
        current_jti=uuid.uuid4(),
        ip=ip,
        user_agent=user_agent[:400],
        expires_at=func.now() + REFRESH_LIFETIME,
    )
    db.session.add(session)
    db.session.flush()
    grant = _grant(session)
    db.session.commit()
    return grant


def rotate(session_id: uuid.UUID, jti: uuid.UUID) -> RefreshGrant:
    """Exchange a refresh token for its successor.

    Raises TokenReused, having revoked the session, when the token was replaced more than ROTATION_GRACE ago or is not
    the immediate predecessor; InvalidToken when the session has ended, or its user or team is not active.
    """
    rotated = db.session.scalars(
        update(AuthSession)
        .where(AuthSession.id == session_id, AuthSession.current_jti == jti, _of_active_user(), *_live())
        .values(
            previous_jti=AuthSession.current_jti,
            current_jti=uuid.uuid4(),
            rotated_at=func.now(),
            last_used_at=func.now(),
            expires_at=func.now() + REFRESH_LIFETIME,
        )
        .returning(AuthSession)
    ).one_or_none()
    grant = _grant(rotated) if rotated else _answer_again(session_id, jti)
    db.session.commit()
    return grant


def _answer_again(session_id: uuid.UUID, jti: uuid.UUID) -> RefreshGrant:
    fresh = AuthSession.rotated_at > func.now() - ROTATION_GRACE
    row = db.session.execute(
        select(AuthSession, fresh).where(AuthSession.id == session_id, _of_active_user(), *_live()).with_for_update()
    ).one_or_none()
    if row is None:
        raise InvalidToken
    session, in_grace = row
    if in_grace and session.previous_jti == jti:
        return _grant(session)
    revoke(session_id)
    raise TokenReused


def revoke(session_id: uuid.UUID) -> None:
    """End a session and the answers that it asked for; neither of its tokens works again. Twice is no error."""
    db.session.execute(
        update(AuthSession)
        .where(AuthSession.id == session_id, AuthSession.revoked_at.is_(None))
        .values(revoked_at=func.now())
    )
    request_stop(Generation.session_id == session_id)
    db.session.commit()


def revoke_all(*user_ids: uuid.UUID) -> None:
    """End every session of these users, as part of the caller's transaction."""
    db.session.execute(
        update(AuthSession)
        .where(AuthSession.user_id.in_(user_ids), AuthSession.revoked_at.is_(None))
        .values(revoked_at=func.now())
    )


def principal_of(session_id: uuid.UUID, user_id: uuid.UUID) -> Principal | None:
    """Who a session's tokens speak for; None when session, user or team is not active any more.

    Holds no connection afterwards: the body of the request may be long in coming.
    """
    row = db.session.execute(
        select(User.id, User.team_id, User.role)
        .join(AuthSession, AuthSession.user_id == User.id)
        .join(Team, Team.id == User.team_id)
        .where(AuthSession.id == session_id, User.id == user_id, User.is_active, Team.is_active, *_live())
    ).one_or_none()
    db.session.rollback()
    if row is None:
        return None
    return Principal(user_id=row[0], team_id=row[1], role=row[2], session_id=session_id)


def _live() -> tuple[ColumnElement[bool], ...]:
    return (AuthSession.revoked_at.is_(None), AuthSession.expires_at > func.now())


def _of_active_user() -> ColumnElement[bool]:
    return AuthSession.user_id.in_(select(User.id).join(User.team).where(User.is_active, Team.is_active))


def _grant(session: AuthSession) -> RefreshGrant:
    return RefreshGrant(
        session_id=session.id,
        user_id=session.user_id,
        jti=session.current_jti,
        issued_at=session.rotated_at,
    )
