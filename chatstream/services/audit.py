"""The audit trail: each act of administration leaves a row, in the transaction of the act.

Rows are never changed, and deleted by their age alone.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import event, func, insert, select

from chatstream import logs
from chatstream.extensions import db
from chatstream.models import Agent, AuditEvent, Invite, Team, User
from chatstream.models.audit_event import ACTIONS as ACTIONS
from chatstream.models.audit_event import Action as Action
from chatstream.services.batches import Expiry
from chatstream.services.keyset import Page, newest_first
from chatstream.services.principals import Principal

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where an act came from: the caller's address and user agent, and the id of the request."""

    ip: str | None = None
    user_agent: str = ""
    request_id: str | None = None


UNKNOWN = Source()
"""No request is behind the act."""

Target = User | Invite | Team | Agent


def record(
    action: Action,
    target: Target,
    *,
    actor_id: uuid.UUID | None,
    source: Source = UNKNOWN,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Add one event, as part of the caller's transaction. Without ``actor_id`` the command line did it.

    ``target`` must have its id. ``details`` go to the team's admins as they are: no secrets. The commit is told in the
    log, without them.
    """
    described = _described(target)
    db.session.execute(
        insert(AuditEvent).values(
            action=action,
            actor_type="user" if actor_id else "cli",
            actor_id=actor_id,
            actor_email=select(User.email).where(User.id == actor_id).scalar_subquery() if actor_id else None,
            target_id=target.id,
            ip=source.ip,
            user_agent=source.user_agent[:400],
            request_id=source.request_id,
            details=dict(details or {}),
            **described,
        )
    )
    ids = {"target_type": described["target_type"], "target_id": target.id, "team_id": described["team_id"]}
    told = {**ids, "actor_id": actor_id or "cli", "request_id": source.request_id}
    event.listen(db.session(), "after_commit", lambda _session: logs.event(log, action, **told), once=True)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What of ``after`` is new, as details tell it: ``{"field": {"from": …, "to": …}}``."""
    return {name: {"from": before[name], "to": value} for name, value in after.items() if before[name] != value}


def page(
    principal: Principal,
    *,
    limit: int,
    cursor: str | None,
    action: Action | None = None,
    actor_id: uuid.UUID | None = None,
    target_id: uuid.UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Page[AuditEvent]:
    """The events of the caller's team, newest first; ``since`` is included, ``until`` is not.

    Raises InvalidFields (cursor).
    """
    query = select(AuditEvent).where(AuditEvent.team_id == principal.team_id)
    if action is not None:
        query = query.where(AuditEvent.action == action)
    if actor_id is not None:
        query = query.where(AuditEvent.actor_id == actor_id)
    if target_id is not None:
        query = query.where(AuditEvent.target_id == target_id)
    if since is not None:
        query = query.where(AuditEvent.created_at >= since)
    if until is not None:
        query = query.where(AuditEvent.created_at < until)
    return newest_first(query, instant=AuditEvent.created_at, key=AuditEvent.id, limit=limit, cursor=cursor)


def expiry(days: int) -> Expiry:
    """How rows end that are kept for so many days. A trigger refuses their deletion to whoever does not name the days,
    and to everybody that of younger ones."""
    permit = select(func.set_config("chatstream.audit_retention_days", str(days), True))
    return Expiry(key=AuditEvent.id, end=AuditEvent.created_at, permit=permit)


def _described(target: Target) -> dict[str, Any]:
    match target:
        case User():
            return {"target_type": "user", "target_label": target.email, "team_id": target.team_id}
        case Invite():
            return {"target_type": "invite", "target_label": target.email or "", "team_id": target.team_id}
        case Team():
            return {"target_type": "team", "target_label": target.name, "team_id": target.id}
        case Agent():
            return {"target_type": "agent", "target_label": target.name, "team_id": target.team_id}
