"""Error logs: what failed, kept for the admins of the team and for operators."""

from __future__ import annotations

import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.orm import Mapped, mapped_column

from chatstream.extensions import Base
from chatstream.models.columns import CreatedAt, JsonObject, UuidKey, one_of

SEVERITIES = ("info", "warning", "error", "critical")


class ErrorLog(Base):
    """One failure. Ids beyond the team are plain values, so that a row outlives what it speaks of."""

    __tablename__ = "error_logs"
    __table_args__ = (
        CheckConstraint(one_of("severity", SEVERITIES), name="severity"),
        Index("ix_error_logs_team_list", "team_id", text("created_at DESC"), text("id DESC")),
        Index(None, "created_at"),
    )

    id: Mapped[UuidKey]
    severity: Mapped[str] = mapped_column(String(20), server_default="error")
    code: Mapped[str] = mapped_column(String(50))
    message: Mapped[str] = mapped_column(Text)
    stack: Mapped[str | None] = mapped_column(Text)
    request_id: Mapped[str | None] = mapped_column(String(128))
    method: Mapped[str | None] = mapped_column(String(20))
    path: Mapped[str | None] = mapped_column(String(2000))
    team_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    user_id: Mapped[uuid.UUID | None] = mapped_column(UUID(as_uuid=True))
    agent_id: Mapped[uuid.UUID | None] = mapped_column(UUID(as_uuid=True))
    chat_id: Mapped[uuid.UUID | None] = mapped_column(UUID(as_uuid=True))
    context: Mapped[JsonObject]
    created_at: Mapped[CreatedAt]
