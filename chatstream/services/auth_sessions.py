"""Sessions: begun at login, gone on with by rotating refresh tokens, ended by logout or by a token's reuse.

Rotation with reuse detection as in RFC 9700, section 4.14.2: each refresh token counts once. The immediate predecessor
is answered with the very same successor for a few seconds, because two tabs may refresh at once.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, update

from chatstream.errors import InvalidToken, NotFound, TokenReused
from chatstream.extensions import db
from chatstream.models import AuthSession, Generation, Team, User
from chatstream.services import principal_cache
from chatstream.services.clients import Client
from chatstream.services.generations.outcomes import request_stop
from chatstream.services.keyset import Page, newest_first
from chatstream.services.principals import Principal

ROTATION_GRACE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshGrant:
    """What a refresh token is minted from; the same grant gives the same token, byte for byte."""

    session_id: uuid.UUID
    user_id: uuid.UUID
    jti: uuid.UUID
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """Begins sessions and keeps them going: ``idle`` without a refresh ends one, ``longest`` ends it in any case."""

    idle: timedelta = timedelta(days=7)
    longest: timedelta = timedelta(days=90)

    def begin(self, user_id: uuid.UUID, client: Client) -> RefreshGrant:
        """Open a session, as part of the transaction in which a user has proved who it is."""
        expired = (AuthSession.user_id == user_id, AuthSession.expires_at < func.now())
        db.session.execute(delete(AuthSession).where(*expired))
        session = AuthSession(
            user_id=user_id,
            current_jti=uuid.uuid4(),
            ip=client.ip,
            user_agent=client.user_agent,
            expires_at=func.now() + min(self.idle, self.longest),
        )
        db.session.add(session)
        db.session.flush()
        return _grant(session)

    def rotate(self, session_id: uuid.UUID, jti: uuid.UUID) -> RefreshGrant:
        """Exchange a refresh token for its successor.

        Raises TokenReused, having revoked the session, when the token was replaced more than ROTATION_GRACE ago or is
        not the immediate predecessor; InvalidToken when the session has ended, or its user or team is not active.
        """
        rotated = db.session.scalars(
            update(AuthSession)
            .where(AuthSession.id == session_id, AuthSession.current_jti == jti, _of_active_user())
            .where(AuthSession.is_live())
            .values(
                previous_jti=AuthSession.current_jti,
                current_jti=uuid.uuid4(),
                rotated_at=func.now(),
                last_used_at=func.now(),
                expires_at=func.least(func.now() + self.idle, AuthSession.created_at + self.longest),
            )
            .returning(AuthSession)
        ).one_or_none()
        grant = _grant(rotated) if rotated else _answer_again(session_id, jti)
        db.session.commit()
        return grant


def page(principal: Principal, *, limit: int, cursor: str | None) -> Page[AuthSession]:
    """The caller's live sessions, newest first. Raises InvalidFields (cursor)."""
    query = select(AuthSession).where(AuthSession.user_id == principal.user_id, AuthSession.is_live())
    return newest_first(query, instant=AuthSession.created_at, key=AuthSession.id, limit=limit, cursor=cursor)


def end(principal: Principal, session_id: uuid.UUID) -> None:
    """Revoke one of the caller's own live sessions. Raises NotFound for any other."""
    if not _revoke(AuthSession.id == session_id, AuthSession.user_id == principal.user_id, AuthSession.is_live()):
        raise NotFound("There is no such session.")
    db.session.commit()


def revoke(session_id: uuid.UUID) -> None:
    """End a session and the answers that it asked for; neither of its tokens works again. Twice is no error."""
    _revoke(AuthSession.id == session_id)
    db.session.commit()


def revoke_all(*user_ids: uuid.UUID, keep: uuid.UUID | None = None) -> None:
    """End every session of these users but ``keep``, as part of the caller's transaction; their answers stop."""
    _revoke(AuthSession.user_id.in_(user_ids), AuthSession.id.is_distinct_from(keep))
    request_stop(Generation.user_id.in_(user_ids), Generation.session_id.is_(None))  # their sessions were swept
    principal_cache.changed(*user_ids)


def _revoke(*which: ColumnElement[bool]) -> bool:
    """End these sessions and the answers that they asked for; returns whether there were any.

    The user is locked first, as a send does: an answer that is being opened is there to be stopped, or never opens.
    """
    users = select(AuthSession.user_id).where(AuthSession.revoked_at.is_(None), *which)
    db.session.execute(select(User.id).where(User.id.in_(users)).order_by(User.id).with_for_update(key_share=True))
    ended = db.session.execute(
        update(AuthSession)
        .where(AuthSession.revoked_at.is_(None), *which)
        .values(revoked_at=func.now())
        .returning(AuthSession.id, AuthSession.user_id)
    ).all()
    request_stop(Generation.session_id.in_([row[0] for row in ended]))
    principal_cache.changed(*{row[1] for row in ended})
    return bool(ended)


def _answer_again(session_id: uuid.UUID, jti: uuid.UUID) -> RefreshGrant:
    fresh = AuthSession.rotated_at > func.now() - ROTATION_GRACE
    row = db.session.execute(
        select(AuthSession, fresh)
        .where(AuthSession.id == session_id, _of_active_user(), AuthSession.is_live())
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise InvalidToken
    session, in_grace = row
    if in_grace and session.previous_jti == jti:
        return _grant(session)
    db.session.rollback()  # whoever revokes locks the user first
    revoke(session_id)
    raise TokenReused


def _of_active_user() -> ColumnElement[bool]:
    return AuthSession.user_id.in_(select(User.id).join(User.team).where(User.is_active, Team.is_active))


def _grant(session: AuthSession) -> RefreshGrant:
    return RefreshGrant(
        session_id=session.id,
        user_id=session.user_id,
        jti=session.current_jti,
        issued_at=session.rotated_at,
        expires_at=session.expires_at,
    )
