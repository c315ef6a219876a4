"""The members of a team, as its admins manage them."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import func, select

from chatstream.errors import LastAdmin, NotFound
from chatstream.extensions import db
from chatstream.models import User
from chatstream.models.user import Role
from chatstream.services import audit, principal_cache, rights
from chatstream.services.keyset import Page, newest_first
from chatstream.services.principals import Principal


def page(
    principal: Principal,
    *,
    limit: int,
    cursor: str | None,
    role: Role | None = None,
    is_active: bool | None = None,
    q: str | None = None,
) -> Page[User]:
    """The accounts of the caller's team, newest first; ``q`` is looked for in addresses and names, without case.

    Raises InvalidFields (cursor).
    """
    query = select(User).where(User.team_id == principal.team_id)
    if role is not None:
        query = query.where(User.role == role)
    if is_active is not None:
        query = query.where(User.is_active == is_active)
    if q:
        query = query.where(User.email.icontains(q, autoescape=True) | User.name.icontains(q, autoescape=True))
    return newest_first(query, instant=User.created_at, key=User.id, limit=limit, cursor=cursor)


def change(
    principal: Principal,
    user_id: uuid.UUID,
    *,
    source: audit.Source,
    role: Role | None = None,
    is_active: bool | None = None,
) -> User:
    """Change a member's role, or whether it may sign in. Rights that go are gone when this returns.

    Raises NotFound, LastAdmin, and AdminRequired when the caller's own rights ended in the meantime.
    """
    rights.act_as_admin(principal)
    user = lock_member(principal, user_id)
    if role is not None and role != user.role:
        change_role(user, role, actor_id=principal.user_id, source=source)
    if is_active is not None and is_active != user.is_active:
        change_access(user, is_active, actor_id=principal.user_id, source=source)
    _keep_an_admin(principal.team_id)
    db.session.commit()
    return user


def lock_member(principal: Principal, user_id: uuid.UUID) -> User:
    """An account of the caller's team, locked to the end of the transaction. Raises NotFound."""
    query = select(User).where(User.id == user_id, User.team_id == principal.team_id)
    user = db.session.scalar(query.with_for_update(key_share=True).execution_options(populate_existing=True))
    if user is None:
        raise NotFound("There is no such user.")
    return user


def change_role(user: User, role: Role, *, actor_id: uuid.UUID | None, source: audit.Source = audit.UNKNOWN) -> None:
    """Give another role to somebody whose team is locked, as part of the caller's transaction."""
    details: dict[str, Any] = {"from": user.role, "to": role}
    if user.role == "admin":
        details["invites_revoked"] = rights.end_of_admin(user.id)
    user.role = role
    principal_cache.changed(user.id)
    audit.record("user_role_changed", user, actor_id=actor_id, source=source, details=details)


def change_access(
    user: User, is_active: bool, *, actor_id: uuid.UUID | None, source: audit.Source = audit.UNKNOWN
) -> None:
    """Let somebody whose team is locked in again, or put it out, as part of the caller's transaction."""
    user.is_active = is_active
    if is_active:
        audit.record("user_activated", user, actor_id=actor_id, source=source)
    else:
        details = {"invites_revoked": rights.end_of_access(user.id)}
        audit.record("user_deactivated", user, actor_id=actor_id, source=source, details=details)


def _keep_an_admin(team_id: uuid.UUID) -> None:
    """Raise LastAdmin when no active admin is left; the team is locked, so none goes unseen."""
    admins = select(func.count()).select_from(User).where(User.team_id == team_id, User.role == "admin", User.is_active)
    if not db.session.scalar(admins):
        raise LastAdmin
