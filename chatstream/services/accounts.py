"""Accounts: registering, signing in, and passwords."""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.exc import IntegrityError

from chatstream.errors import (
    Conflict,
    EmailTaken,
    InvalidCredentials,
    InvalidFields,
    NotFound,
    TeamNotFound,
    TeamRequired,
)
from chatstream.extensions import db
from chatstream.models import Team, User
from chatstream.models.user import Role
from chatstream.services import auth_sessions
from chatstream.services.auth_sessions import RefreshGrant, Sessions
from chatstream.services.clients import Client
from chatstream.services.login_throttle import LoginThrottle
from chatstream.services.passwords import PasswordHasher, check_password_rules
from chatstream.services.principals import Principal

log = logging.getLogger(__name__)


def normal_email(email: str) -> str:
    """The one spelling of an address: addresses are compared without case."""
    return email.strip().lower()


class SignedIn(NamedTuple):
    """Who has signed in, and what the session's tokens are made from."""

    user: User
    grant: RefreshGrant


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Registration and login, with what guards them."""

    hasher: PasswordHasher
    sessions: Sessions
    throttle: LoginThrottle

    def register(self, *, email: str, password: str, team_id: uuid.UUID, name: str = "") -> User:
        """Make an account with the role ``user``.

        Raises TeamNotFound (unknown, inactive or by invite only: an outsider is not told which), EmailTaken (in that
        team), InvalidFields (password rules), Busy (too many hashes at once).
        """
        email = normal_email(email)
        check_password_rules(password, email=email)
        is_open = Team.is_active & (Team.registration == "open")
        if db.session.scalar(select(Team.id).where(Team.id == team_id, is_open)) is None:
            raise TeamNotFound
        if db.session.scalar(select(User.id).where(User.team_id == team_id, User.email == email)) is not None:
            raise EmailTaken
        return self.create(email=email, password=password, team_id=team_id, name=name)

    def create(self, *, email: str, password: str, team_id: uuid.UUID, name: str = "", role: Role = "user") -> User:
        """Store an account whose fields have been checked. Raises EmailTaken, Busy."""
        user = self.add(email=email, password=password, team_id=team_id, name=name, role=role)
        db.session.commit()
        return user

    def add(self, *, email: str, password: str, team_id: uuid.UUID, name: str, role: Role) -> User:
        """The same, left to the caller to commit; whatever the session held before is rolled back."""
        email = normal_email(email)
        others = select(User.password_hash).where(User.email == email).order_by(User.created_at).limit(1)
        like = db.session.scalar(others)
        db.session.rollback()  # hashing takes a while: no connection is held in the meantime
        user = User(
            team_id=team_id,
            email=email,
            name=name,
            role=role,
            password_hash=self.hasher.hash(password, like=like),
        )
        db.session.add(user)
        try:
            db.session.flush()
        except IntegrityError:
            db.session.rollback()
            raise EmailTaken from None
        return user

    def login(self, *, email: str, password: str, client: Client, team_id: uuid.UUID | None = None) -> SignedIn:
        """Begin a session of the account that address and password fit.

        Raises InvalidCredentials for every failure (unknown address, wrong password, inactive user or team), in the
        time of one hash; TeamRequired when several accounts fit and no team was named; TooManyAttempts; Busy.
        """
        email = normal_email(email)
        with self.throttle.attempt(email, client):
            user_id, verified = self._authenticate(email, password, team_id)
            return self._sign_in(user_id, verified, client)

    def change_password(self, principal: Principal, *, current_password: str, new_password: str) -> None:
        """Replace the caller's password; its other sessions end.

        Raises InvalidFields (the current password is wrong, the new one is against the rules), Busy, Conflict (it was
        changed meanwhile).
        """
        user = get(principal.user_id)
        email, stored = user.email, user.password_hash
        db.session.rollback()  # no connection is held while passwords are hashed
        check_password_rules(new_password, email=email, field="new_password")
        if not self.hasher.fitting(current_password, [stored]):
            raise InvalidFields({"current_password": ["Is not the present password."]})
        changed = self.hasher.hash(new_password, like=stored)
        if not _update(User.id == principal.user_id, User.password_hash == stored, password_hash=changed):
            raise Conflict("The password was changed meanwhile.")
        auth_sessions.revoke_all(principal.user_id, keep=principal.session_id)
        db.session.commit()

    def set_password(self, user: User, password: str) -> None:
        """Replace a password and end the sessions that the old one began. Raises InvalidFields, Busy."""
        check_password_rules(password, email=user.email)
        user.password_hash = self.hasher.hash(password, like=user.password_hash)
        auth_sessions.revoke_all(user.id)
        db.session.commit()

    def _authenticate(self, email: str, password: str, team_id: uuid.UUID | None) -> tuple[uuid.UUID, str]:
        """The one account that fits, and the hash that was verified."""
        query = (
            select(User.id, User.password_hash, Team.id, Team.name)
            .join(User.team)
            .where(User.email == email, User.is_active, Team.is_active)
            .order_by(Team.name, Team.id)
        )
        if team_id is not None:
            query = query.where(User.team_id == team_id)
        candidates = db.session.execute(query).all()
        db.session.rollback()  # no connection is held while passwords are hashed
        hashes = self.hasher.fitting(password, {row[1] for row in candidates})
        fitting = [row for row in candidates if row[1] in hashes]
        if not fitting:
            raise InvalidCredentials
        if len(fitting) > 1:
            raise TeamRequired(extra={"teams": [{"id": str(row[2]), "name": row[3]} for row in fitting]})
        return fitting[0][0], fitting[0][1]

    def _sign_in(self, user_id: uuid.UUID, verified: str, client: Client) -> SignedIn:
        """Begin the session, unless password or account were taken away while the hash was made."""
        user = _update(
            User.id == user_id, User.password_hash == verified, User.is_active.is_(True), last_login_at=func.now()
        )
        if user is None:
            raise InvalidCredentials
        grant = self.sessions.begin(user_id, client)
        db.session.commit()
        log.info("user %s signed in from %s: session %s", user_id, client.ip, grant.session_id)
        return SignedIn(user, grant)


def get(user_id: uuid.UUID) -> User:
    """An account by its id. Raises NotFound."""
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound
    return user


def _update(*which: ColumnElement[bool], **values: object) -> User | None:
    """Change the one user that still answers to ``which``, as part of the caller's transaction."""
    return db.session.scalars(update(User).where(*which).values(**values).returning(User)).one_or_none()
