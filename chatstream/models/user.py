"""Users: accounts in a team."""

from __future__ import annotations

import uuid
from typing import Literal

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from chatstream.extensions import Base
from chatstream.models.columns import CreatedAt, Instant, UuidKey, one_of
from chatstream.models.team import Team

Role = Literal["user", "admin"]
ROLES: tuple[Role, ...] = ("user", "admin")


class User(Base):
    """An account. The same address may have one in each of several teams."""

    __tablename__ = "users"
    __table_args__ = (
        UniqueConstraint("team_id", "email"),
        CheckConstraint(one_of("role", ROLES), name="role"),
        CheckConstraint("email = lower(email)", name="email_lower_case"),
        Index(None, "email"),
        Index("ix_users_team_list", "team_id", text("created_at DESC"), text("id DESC")),
    )

    id: Mapped[UuidKey]
    team_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(200), server_default="")
    password_hash: Mapped[str] = mapped_column(String(100))
    role: Mapped[str] = mapped_column(String(20), server_default="user")
    is_active: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    last_login_at: Mapped[Instant | None]
    created_at: Mapped[CreatedAt]

    team: Mapped[Team] = relationship()
