"""Teams: the tenants."""

from __future__ import annotations

from typing import Literal, get_args

from sqlalchemy import Boolean, CheckConstraint, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from chatstream.extensions import Base
from chatstream.models.columns import CreatedAt, UuidKey, one_of

Registration = Literal["open", "invite"]
REGISTRATIONS: tuple[Registration, ...] = get_args(Registration)


class Team(Base):
    """A tenant. Nothing of one team is ever seen by another."""

    __tablename__ = "teams"
    __table_args__ = (
        CheckConstraint("slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'", name="slug"),
        CheckConstraint(one_of("registration", REGISTRATIONS), name="registration"),
        CheckConstraint("retention_days BETWEEN 1 AND 3650", name="retention_days"),
    )

    id: Mapped[UuidKey]
    name: Mapped[str] = mapped_column(String(200))
    slug: Mapped[str] = mapped_column(String(63), unique=True)
    is_active: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    registration: Mapped[str] = mapped_column(String(20), server_default="open")
    """``open``: whoever knows the team's id may register; ``invite``: only with an invite."""
    retention_days: Mapped[int | None] = mapped_column(Integer)
    """How long chats are kept after their last message; None: for ever."""
    created_at: Mapped[CreatedAt]
