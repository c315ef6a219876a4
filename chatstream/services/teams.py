"""Teams and their members, as the command line manages them.

Its acts are in the audit trail, with the actor ``cli``. An operator may also take the last admin of a team away.
"""

from __future__ import annotations

import re
import unicodedata
import uuid

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from chatstream.errors import Conflict, InvalidFields, NotFound
from chatstream.extensions import db
from chatstream.models import Team, User
from chatstream.models.team import Registration
from chatstream.models.user import Role
from chatstream.services import audit, rights, team_members
from chatstream.services.accounts import Accounts, normal_email

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
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        raise Conflict(f"A team with the slug {slug} exists already.") from None
    audit.record("team_created", team, actor_id=None)
    db.session.commit()
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
    rights.end_of_access(*db.session.scalars(select(User.id).where(User.team_id == team.id)))
    audit.record("team_deactivated", team, actor_id=None)
    db.session.commit()


def set_registration(team: Team, registration: Registration) -> None:
    """Let whoever knows the team's id register, or only those with an invite."""
    details = audit.differences({"registration": team.registration}, {"registration": registration})
    team.registration = registration
    if details:
        audit.record("team_changed", team, actor_id=None, details=details)
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


def create_user(accounts: Accounts, *, email: str, password: str, team: Team, name: str, role: Role) -> User:
    """Make an account whose fields have been checked. Raises EmailTaken."""
    user = accounts.add(email=email, password=password, team_id=team.id, name=name, role=role)
    audit.record("user_created", user, actor_id=None, details={"role": role})
    db.session.commit()
    return user


def set_role(user: User, role: Role) -> None:
    """Make somebody an admin or a user."""
    _lock(user)
    if role != user.role:
        team_members.change_role(user, role, actor_id=None)
    db.session.commit()


def deactivate_user(user: User) -> None:
    """End an account: no sign-in, its sessions are over, its running answers stop."""
    _lock(user)
    if user.is_active:
        team_members.change_access(user, False, actor_id=None)
    db.session.commit()


def set_password(accounts: Accounts, user: User, password: str) -> None:
    """Replace a password; its owner's sessions end. Raises InvalidFields."""
    audit.record("user_password_set", user, actor_id=None)
    accounts.set_password(user, password)


def _lock(user: User) -> None:
    rights.lock_team(user.team_id)
    db.session.refresh(user, with_for_update={"key_share": True})


def _as_uuid(reference: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(reference)
    except ValueError:
        return None
