"""Retention: chats go when their team keeps them no longer (``teams.retention_days`` after their last activity)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, exists, func, select

from chatstream.extensions import db
from chatstream.models import Chat, Generation, Team
from chatstream.services import deleting

AT_ONCE = 20
"""Chats in one transaction; who wants to do something with one of them waits for its end."""


@dataclass(frozen=True, slots=True)
class Due:
    """A team that keeps chats for some days, and how many of its chats are older."""

    team: Team
    chats: int


def due(team_id: uuid.UUID | None = None) -> list[Due]:
    """What a purge would delete, for one team or for every one that has a retention time."""
    count = func.count(Chat.id)
    query = select(Team, count).outerjoin(Chat, _is_due()).where(Team.retention_days.is_not(None)).group_by(Team.id)
    if team_id is not None:
        query = query.where(Team.id == team_id)
    return [Due(team, chats) for team, chats in db.session.execute(query.order_by(Team.slug))]


def purge(team_id: uuid.UUID, *, tell: Callable[[int], None] = lambda _count: None) -> int:
    """Delete the chats of a team that are due; returns how many.

    Commits after every few, and tells the number so far; may be interrupted and run again. Chats in which an answer is
    running, or that somebody holds at this moment, are left for the next time.
    """
    deleted = 0
    while batch := db.session.scalars(_some(team_id)).all():
        deleted += _delete(batch)
        tell(deleted)
    db.session.rollback()
    return deleted


def _delete(chat_ids: Sequence[uuid.UUID]) -> int:
    gone = deleting.mark(Chat.id.in_(chat_ids))
    db.session.commit()
    return len(gone)


def _some(team_id: uuid.UUID) -> Select[uuid.UUID]:
    """The oldest that are due, locked: what a user does with them meanwhile waits, and then finds them gone."""
    return (
        select(Chat.id)
        .join(Team, _is_due())
        .where(Team.id == team_id)
        .order_by(Chat.updated_at)
        .limit(AT_ONCE)
        .with_for_update(of=Chat, skip_locked=True)
    )


def _is_due() -> ColumnElement[bool]:
    running = exists().where(Generation.chat_id == Chat.id, Generation.status == "running")
    kept_since = func.now() - func.make_interval(0, 0, 0, Team.retention_days)
    return and_(Chat.team_id == Team.id, Chat.updated_at < kept_since, ~running)
