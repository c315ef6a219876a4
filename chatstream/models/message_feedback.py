"""Feedback: what users say of answers."""

from __future__ import annotations

import uuid
from typing import Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.orm import Mapped, mapped_column

from chatstream.extensions import Base
from chatstream.models.columns import Instant, UuidKey, one_of

Rating = Literal["up", "down"]
RATINGS: tuple[Rating, ...] = ("up", "down")


class MessageFeedback(Base):
    """A rated exchange, as it was when it was rated: it is all that admins see of somebody's chat."""

    __tablename__ = "message_feedback"
    __table_args__ = (
        UniqueConstraint("chat_id", "message_id"),
        CheckConstraint(one_of("rating", RATINGS), name="rating"),
        Index("ix_message_feedback_agent_list", "agent_id", text("rated_at DESC"), text("id DESC")),
        Index("ix_message_feedback_agent_rating_list", "agent_id", "rating", text("rated_at DESC"), text("id DESC")),
        Index(None, "team_id"),
        Index(None, "user_id"),
    )

    id: Mapped[UuidKey]
    chat_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("chats.id", ondelete="CASCADE"))
    message_id: Mapped[uuid.UUID] = mapped_column(UUID(as_uuid=True))
    agent_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"))
    team_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    rating: Mapped[str] = mapped_column(String(20))
    comment: Mapped[str | None] = mapped_column(Text)
    question: Mapped[str | None] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text)
    rated_at: Mapped[Instant] = mapped_column(server_default=func.now())
