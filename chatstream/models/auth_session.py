"""Sessions: what a refresh token stands for."""

from __future__ import annotations

import uuid

from sqlalchemy import ColumnElement, ForeignKey, Index, String, and_, func, text
from sqlalchemy.dialects.postgresql import INET, UUID
from sqlalchemy.orm import Mapped, mapped_column

from chatstream.extensions import Base
from chatstream.models.columns import CreatedAt, Instant, UuidKey


class AuthSession(Base):
    """One sign-in. Its id is the ``sid`` in both tokens; its current jti is the one refresh token that counts."""

    __tablename__ = "auth_sessions"
    __table_args__ = (
        Index("ix_auth_sessions_user_list", "user_id", text("created_at DESC"), text("id DESC")),
        Index("ix_auth_sessions_end", text("LEAST(revoked_at, expires_at)")),
    )

    id: Mapped[UuidKey]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    current_jti: Mapped[uuid.UUID] = mapped_column(UUID(as_uuid=True))
    previous_jti: Mapped[uuid.UUID | None] = mapped_column(UUID(as_uuid=True))
    rotated_at: Mapped[Instant] = mapped_column(server_default=func.now())
    ip: Mapped[str | None] = mapped_column(INET)
    user_agent: Mapped[str] = mapped_column(String(400), server_default="")
    created_at: Mapped[CreatedAt]
    last_used_at: Mapped[Instant] = mapped_column(server_default=func.now())
    expires_at: Mapped[Instant]
    revoked_at: Mapped[Instant | None]

    @classmethod
    def is_live(cls) -> ColumnElement[bool]:
        """Neither revoked nor expired."""
        return and_(cls.revoked_at.is_(None), cls.expires_at > func.now())
