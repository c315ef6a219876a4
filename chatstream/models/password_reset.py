"""Password resets: one-time tokens that an admin hands to a user who is locked out."""

from __future__ import annotations

import uuid

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from chatstream.extensions import Base
from chatstream.models.columns import CreatedAt, Instant


class PasswordReset(Base):
    """The one token that may replace a user's password. A newer one takes its place; using it deletes the row."""

    __tablename__ = "password_resets"
    __table_args__ = (Index(None, "issued_by"), Index(None, "expires_at"))

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    password_fingerprint: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the password hash that it was issued against: once the password is another, the token is void."""
    issued_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[Instant]
