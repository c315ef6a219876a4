"""Generations: the running and past attempts at an answer."""

from __future__ import annotations

import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, func, text
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.orm import Mapped, mapped_column

from chatstream.extensions import Base
from chatstream.models.columns import CreatedAt, Instant, UuidKey, one_of

STATUSES = ("running", "complete", "stopped", "error", "interrupted")
SHARED_LOGS = ("postgresql", "redis")


class Generation(Base):
    """One answer, from its first moment. The partial unique index lets one run in a chat at a time."""

    __tablename__ = "generations"
    __table_args__ = (
        CheckConstraint(one_of("status", STATUSES), name="status"),
        CheckConstraint(one_of("shared_log", SHARED_LOGS), name="shared_log"),
        CheckConstraint("(status = 'running') = (finished_at IS NULL)", name="finished"),
        Index("uq_generations_running_chat", "chat_id", unique=True, postgresql_where=text("status = 'running'")),
        Index("ix_generations_running_user", "user_id", postgresql_where=text("status = 'running'")),
        Index("ix_generations_heartbeat", "heartbeat_at", postgresql_where=text("status = 'running'")),
        Index(None, "chat_id"),
        Index(
            "uq_generations_chat_idempotency_key",
            "chat_id",
            "idempotency_key",
            unique=True,
            postgresql_where=text("idempotency_key IS NOT NULL"),
        ),
        Index(None, "agent_id", "started_at"),
        Index("ix_generations_session", "session_id", postgresql_where=text("session_id IS NOT NULL")),
        Index("ix_generations_finished", "finished_at"),
    )

    id: Mapped[UuidKey]
    chat_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("chats.id", ondelete="CASCADE"))
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    agent_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"))
    session_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("auth_sessions.id", ondelete="SET NULL"))
    """The sign-in that asked; when it ends, the answer does. Forgotten with the answer's end, so that a session can be
    deleted without a look at all the answers that it ever asked for."""
    message_id: Mapped[uuid.UUID] = mapped_column(UUID(as_uuid=True), server_default=text("gen_random_uuid()"))
    """The id that the answer has in the transcript."""
    user_message_id: Mapped[uuid.UUID | None] = mapped_column(UUID(as_uuid=True))
    idempotency_key: Mapped[str | None] = mapped_column(String(255))
    request_digest: Mapped[str | None] = mapped_column(String(64))
    """SHA-256 of the message that the key was used for."""
    status: Mapped[str] = mapped_column(String(20), server_default="running")
    shared_log: Mapped[str] = mapped_column(String(20), server_default="postgresql")
    """Where its events are; REDIS_URL may have been set or taken away since."""
    error_code: Mapped[str | None] = mapped_column(String(50))
    started_at: Mapped[CreatedAt]
    heartbeat_at: Mapped[Instant] = mapped_column(server_default=func.now())
    stop_requested_at: Mapped[Instant | None]
    """Somebody wants it to end; its owner, on whichever worker, sees to it."""
    finished_at: Mapped[Instant | None]
    first_token_ms: Mapped[int | None] = mapped_column(Integer)
    chunks: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    chars: Mapped[int] = mapped_column(Integer, server_default=text("0"))
