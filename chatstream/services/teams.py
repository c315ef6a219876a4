"""Teams and their members, as the command line manages them."""

from __future__ import annotations

import re
import unicodedata
import uuid

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from chatstream.errors import Conflict, InvalidFields, NotFound
from chatstream.extensions import db
from chatstream.models import Team, User
from chatstream.models.user import Role
from chatstream.services import auth_sessions, principal_cache
from chatstream.services.accounts import normal_email

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def slug_of(name: str) -> str:
    """``Sales & Support`` becomes ``sales-support``; a name without a Latin letter or digit becomes ``team``."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")[:63].rstrip("-") or "team"


def create_team(name: str, *, slug: str | None = None) -> Team:
    """Raises Conflict when the slug is taken, InvalidFields when it is none."""
    slug = slug or slug_of(name)
    if not _SLUG.fullmatch(slug):
        raise InvalidFields({"slug": ["Must be 1 to 63 lower-case letters, digits and hyphens."]})
    team = Team(name=name, slug=slug)
    db.session.add(team)
    try:
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        raise Conflict(f"A team with the slug {slug} exists already.") from None
    return team


def all_teams() -> list[tuple[Team, int]]:
    """Every team with the number of its active users, by slug."""
    rows = db.session.execute(
        select(Team, func.count(User.id))
        .outerjoin(User, (User.team_id == Team.id) & User.is_active)
        .group_by(Team.id)
        .order_by(Team.slug)
    )
    return [(team, count) for team, count in rows]


def find_team(reference: str) -> Team:
    """A team by its slug or its id. Raises NotFound."""
    team = db.session.scalar(select(Team).where(Team.slug == reference))
    if team is None and (key := _as_uuid(reference)):
        team = db.session.get(Team, key)
    if team is None:
        raise NotFound(f"There is no team {reference!r}.")
    return team


def deactivate_team(team: Team) -> None:
    """Nobody of the team signs in any more, whoever is signed in is out, and running answers stop."""
    team.is_active = False
    auth_sessions.revoke_all(*db.session.scalars(select(User.id).where(User.team_id == team.id)))
    db.session.commit()


def find_user(team: Team, email: str) -> User:
    """A member by address. Raises NotFound."""
    user = db.session.scalar(select(User).where(User.team_id == team.id, User.email == normal_email(email)))
    if user is None:
        raise NotFound(f"The team {team.slug} has no user {email!r}.")
    return user


def members(team: Team) -> list[User]:
    """The team's users, by address."""
    return list(db.session.scalars(select(User).where(User.team_id == team.id).order_by(User.email)))


def set_role(user: User, role: Role) -> None:
    """Make somebody an admin or a user."""
    user.role = role
    principal_cache.changed(user.id)
    db.session.commit()


def deactivate_user(user: User) -> None:
    """End an account: no sign-in, its sessions are over, its running answers stop."""
    user.is_active = False
    auth_sessions.revoke_all(user.id)
    db.session.commit()


def _as_uuid(reference: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(reference)
    except ValueError:
        return None
