"""Audit events: who did what to whom, when, and from where."""

from __future__ import annotations

import uuid
from typing import Literal, get_args

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import INET, UUID
from sqlalchemy.orm import Mapped, mapped_column

from chatstream.extensions import Base
from chatstream.models.columns import CreatedAt, JsonObject, UuidKey, one_of

Action = Literal[
    "user_created",
    "user_role_changed",
    "user_activated",
    "user_deactivated",
    "user_password_set",
    "invite_created",
    "invite_revoked",
    "invite_used",
    "password_reset_issued",
    "password_reset_used",
    "team_created",
    "team_changed",
    "team_deactivated",
    "agent_created",
    "agent_changed",
    "agent_deleted",
]
ActorType = Literal["user", "cli"]
TargetType = Literal["user", "invite", "team", "agent"]

ACTIONS: tuple[Action, ...] = get_args(Action)
ACTOR_TYPES: tuple[ActorType, ...] = get_args(ActorType)
TARGET_TYPES: tuple[TargetType, ...] = get_args(TargetType)


class AuditEvent(Base):
    """One act. Ids beyond the team are plain values, with the names of that moment: a row outlives what it speaks of.

    Rows are only ever added; triggers refuse UPDATE (migration 0005), and DELETE but for the retention time of
    `flask maintenance` and with a team that is deleted (migration 0012).
    """

    __tablename__ = "audit_events"
    __table_args__ = (
        CheckConstraint(one_of("action", ACTIONS), name="action"),
        CheckConstraint(one_of("actor_type", ACTOR_TYPES), name="actor_type"),
        CheckConstraint("(actor_type = 'user') = (actor_id IS NOT NULL)", name="actor_id"),
        CheckConstraint(one_of("target_type", TARGET_TYPES), name="target_type"),
        CheckConstraint("jsonb_typeof(details) = 'object'", name="details_object"),
        Index("ix_audit_events_team_list", "team_id", text("created_at DESC"), text("id DESC")),
        Index("ix_audit_events_action_list", "team_id", "action", text("created_at DESC"), text("id DESC")),
        Index("ix_audit_events_actor_list", "team_id", "actor_id", text("created_at DESC"), text("id DESC")),
        Index("ix_audit_events_target_list", "team_id", "target_id", text("created_at DESC"), text("id DESC")),
        Index(None, "created_at"),
    )

    id: Mapped[UuidKey]
    team_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    action: Mapped[str] = mapped_column(String(40))
    actor_type: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[uuid.UUID | None] = mapped_column(UUID(as_uuid=True))
    actor_email: Mapped[str | None] = mapped_column(String(254))
    target_type: Mapped[str] = mapped_column(String(20))
    target_id: Mapped[uuid.UUID] = mapped_column(UUID(as_uuid=True))
    target_label: Mapped[str] = mapped_column(String(254))
    """An address or a name, as it was."""
    ip: Mapped[str | None] = mapped_column(INET)
    user_agent: Mapped[str] = mapped_column(String(400), server_default="")
    request_id: Mapped[str | None] = mapped_column(String(128))
    details: Mapped[JsonObject]
    created_at: Mapped[CreatedAt]
