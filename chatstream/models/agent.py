"""Agents: a team's n8n workflows, with a name and a face."""

from __future__ import annotations

import uuid

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, String, Text, func, select, text
from sqlalchemy.orm import Mapped, column_property, mapped_column

from chatstream.extensions import Base
from chatstream.models.agent_avatar import AgentAvatar
from chatstream.models.columns import CreatedAt, Instant, JsonObject, UuidKey


class Agent(Base):
    """A workflow that answers. A deleted agent keeps its row, since chats refer to it."""

    __tablename__ = "agents"
    __table_args__ = (
        CheckConstraint("jsonb_typeof(config) = 'object'", name="config_object"),
        CheckConstraint("deleted_at IS NULL OR NOT is_active", name="deleted_inactive"),
        Index("ix_agents_team_list", "team_id", text("created_at DESC"), text("id DESC")),
    )

    id: Mapped[UuidKey] = mapped_column()
    team_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, server_default="")
    webhook_url: Mapped[str] = mapped_column(String(2000))
    webhook_token: Mapped[str | None] = mapped_column(Text)
    """Encrypted, bound to this row: see services/token_cipher.py."""
    system_prompt: Mapped[str] = mapped_column(Text, server_default="")
    config: Mapped[JsonObject]
    is_active: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    created_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[Instant] = mapped_column(server_default=func.now())
    deleted_at: Mapped[Instant | None]
    avatar_etag: Mapped[str | None] = column_property(
        select(AgentAvatar.etag)
        .where(AgentAvatar.agent_id == id)  # noqa: A003 - it is the column that is meant
        .correlate_except(AgentAvatar)
        .scalar_subquery()
    )
    """Comes with the row, so that a list of agents needs neither the pictures nor a query for each."""
