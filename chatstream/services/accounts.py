"""Accounts: registering and signing in."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from chatstream.errors import EmailTaken, InvalidCredentials, NotFound, TeamNotFound, TeamRequired
from chatstream.extensions import db
from chatstream.models import Team, User
from chatstream.models.user import Role
from chatstream.services import auth_sessions
from chatstream.services.passwords import PasswordHasher, check_password_rules


def normal_email(email: str) -> str:
    """The one spelling of an address: addresses are compared without case."""
    return email.strip().lower()


@dataclass(frozen=True, slots=True)
class Accounts:
    """Registration and login, with the hasher that guards them."""

    hasher: PasswordHasher

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
        db.session.rollback()  # hashing takes a while: no connection is held in the meantime
        user = User(
            team_id=team_id,
            email=normal_email(email),
            name=name,
            role=role,
            password_hash=self.hasher.hash(password),
        )
        db.session.add(user)
        try:
            db.session.flush()
        except IntegrityError:
            db.session.rollback()
            raise EmailTaken from None
        return user

    def login(self, *, email: str, password: str, team_id: uuid.UUID | None = None) -> User:
        """The account that address and password fit.

        Raises InvalidCredentials for every failure (unknown address, wrong password, inactive user or team),
        TeamRequired when several accounts fit and no team was named, Busy.
        """
        query = (
            select(User.id, User.password_hash, Team.id, Team.name)
            .join(User.team)
            .where(User.email == normal_email(email), User.is_active, Team.is_active)
            .order_by(Team.name, Team.id)
        )
        if team_id is not None:
            query = query.where(User.team_id == team_id)
        candidates = db.session.execute(query).all()
        db.session.rollback()  # no connection is held while passwords are hashed
        if not candidates:
            self.hasher.verify_absent(password)
        fitting = [row for row in candidates if self.hasher.verify(password, row[1])]
        if not fitting:
            raise InvalidCredentials
        if len(fitting) > 1:
            raise TeamRequired(extra={"teams": [{"id": str(row[2]), "name": row[3]} for row in fitting]})
        return self._signed_in(fitting[0][0])

    def set_password(self, user: User, password: str) -> None:
        """Replace a password and end the sessions that the old one began. Raises InvalidFields, Busy."""
        check_password_rules(password, email=user.email)
        user.password_hash = self.hasher.hash(password)
        auth_sessions.revoke_all(user.id)
        db.session.commit()

    @staticmethod
    def _signed_in(user_id: uuid.UUID) -> User:
        statement = update(User).where(User.id == user_id).values(last_login_at=func.now()).returning(User)
        user = db.session.scalars(statement).one_or_none()
        if user is None:  # deleted while the password was hashed
            raise InvalidCredentials
        db.session.commit()
        return user


def get(user_id: uuid.UUID) -> User:
    """An account by its id. Raises NotFound."""
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound
    return user
