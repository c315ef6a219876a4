"""Invites: a single way into a team, for somebody who has the link."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from chatstream.extensions import Base
from chatstream.models.columns import CreatedAt, Instant, UuidKey, one_of
from chatstream.models.user import ROLES

InviteState = Literal["pending", "used", "expired"]


class Invite(Base):
    """One invitation. Its token is shown once and not kept; a revoked invite has no row."""

    __tablename__ = "invites"
    __table_args__ = (
        CheckConstraint(one_of("role", ROLES), name="role"),
        CheckConstraint("email = lower(email)", name="email_lower_case"),
        Index("ix_invites_team_list", "team_id", text("created_at DESC"), text("id DESC")),
        Index(None, "created_by"),
        Index("ix_invites_end", text("COALESCE(used_at, expires_at)")),
    )

    id: Mapped[UuidKey]
    team_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(20))
    email: Mapped[str | None] = mapped_column(String(254))
    """The one address that may use it; None: whoever has the token."""
    created_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[Instant]
    used_at: Mapped[Instant | None]
    used_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))

    @property
    def state(self) -> InviteState:
        """Whether it can still be used, at this moment."""
        if self.used_at is not None:
            return "used"
        return "pending" if self.expires_at > datetime.now(UTC) else "expired"
