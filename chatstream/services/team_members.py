"""The members of a team, as its admins manage them."""

from __future__ import annotations

import uuid

from sqlalchemy import func, select

from chatstream.errors import LastAdmin, NotFound
from chatstream.extensions import db
from chatstream.models import User
from chatstream.models.user import Role
from chatstream.services import audit, rights
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
    was_role, was_active = user.role, user.is_active
    user.role = role or was_role
    user.is_active = was_active if is_active is None else is_active
    db.session.flush()
    _keep_an_admin(principal.team_id)
    if user.role != was_role:
        if was_role == "admin":
            rights.end_of_admin(user.id)
        details = {"from": was_role, "to": user.role}
        audit.record("user_role_changed", user, actor_id=principal.user_id, source=source, details=details)
    if user.is_active != was_active:
        if was_active:
            rights.end_of_access(user.id)
        action: audit.Action = "user_activated" if user.is_active else "user_deactivated"
        audit.record(action, user, actor_id=principal.user_id, source=source)
    db.session.commit()
    return user


def lock_member(principal: Principal, user_id: uuid.UUID) -> User:
    """An account of the caller's team, locked to the end of the transaction. Raises NotFound."""
    query = select(User).where(User.id == user_id, User.team_id == principal.team_id)
    user = db.session.scalar(query.with_for_update(key_share=True).execution_options(populate_existing=True))
    if user is None:
        raise NotFound("There is no such user.")
    return user


def _keep_an_admin(team_id: uuid.UUID) -> None:
    """Raise LastAdmin when no active admin is left; the team is locked, so none goes unseen."""
    admins = select(func.count()).select_from(User).where(User.team_id == team_id, User.role == "admin", User.is_active)
    if not db.session.scalar(admins):
        raise LastAdmin
