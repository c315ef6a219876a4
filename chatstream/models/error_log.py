"""Error logs: what failed, kept for the admins of the team and for operators."""

from __future__ import annotations

import uuid
from typing import Literal, get_args

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text, func, text
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.orm import Mapped, mapped_column

from chatstream.extensions import Base
from chatstream.models.columns import CreatedAt, Instant, JsonObject, UuidKey, one_of

Severity = Literal["info", "warning", "error", "critical"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)


class ErrorLog(Base):
    """Failures of one fingerprint within one hour, the first at ``created_at``; the ids are those of the last.

    Ids beyond the team are plain values, so that a row outlives what it speaks of.
    """

    __tablename__ = "error_logs"
    __table_args__ = (
        CheckConstraint(one_of("severity", SEVERITIES), name="severity"),
        CheckConstraint("count >= 1", name="count"),
        Index("uq_error_logs_fingerprint_hour", "fingerprint", "hour", unique=True),
        Index("ix_error_logs_team_list", "team_id", text("created_at DESC"), text("id DESC")),
        Index("ix_error_logs_severity_list", "team_id", "severity", text("created_at DESC"), text("id DESC")),
        Index("ix_error_logs_code_list", "team_id", "code", text("created_at DESC"), text("id DESC")),
        Index("ix_error_logs_agent_list", "team_id", "agent_id", text("created_at DESC"), text("id DESC")),
        Index("ix_error_logs_chat_list", "team_id", "chat_id", text("created_at DESC"), text("id DESC")),
        Index(None, "created_at"),
        Index(None, "last_seen_at"),
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
    fingerprint: Mapped[str] = mapped_column(String(64))
    hour: Mapped[Instant]
    count: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    created_at: Mapped[CreatedAt]
    last_seen_at: Mapped[Instant] = mapped_column(server_default=func.now())
