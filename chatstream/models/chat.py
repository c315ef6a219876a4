"""Chats: a person's conversation with an agent."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, String, and_, event, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, ORMExecuteState, deferred, mapped_column, relationship, with_loader_criteria

from chatstream.extensions import Base, db
from chatstream.models.agent import Agent
from chatstream.models.columns import CreatedAt, Instant, JsonObject, UuidKey
from chatstream.models.generation import Generation

WITH_DELETED = {"with_deleted": True}
"""The execution options of a statement that sees deleted chats as well."""


class Chat(Base):
    """A conversation. ``messages``, the newest of them, belongs to services/transcripts; nobody else touches it.

    No statement sees one that is deleted, but for those with the options `WITH_DELETED`. A statement as text names
    ``deleted_at`` itself, where it does not go by the id of a chat that was found to be there.
    """

    __tablename__ = "chats"
    __table_args__ = (
        CheckConstraint("jsonb_typeof(messages) = 'array'", name="messages_array"),
        CheckConstraint("jsonb_typeof(metadata) = 'object'", name="metadata_object"),
        CheckConstraint("message_count >= 0", name="message_count"),
        Index("ix_chats_user_list", "user_id", text("updated_at DESC"), text("id DESC")),
        Index("ix_chats_user_archived_list", "user_id", "is_archived", text("updated_at DESC"), text("id DESC")),
        Index(None, "agent_id"),
        Index(None, "team_id", "updated_at"),
        Index("ix_chats_deleted", "deleted_at", postgresql_where=text("deleted_at IS NOT NULL")),
    )

    id: Mapped[UuidKey]
    team_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    agent_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"))
    title: Mapped[str | None] = mapped_column(String(200))
    messages: Mapped[list[dict[str, Any]]] = deferred(
        mapped_column(JSONB, server_default=text("'[]'::jsonb"), nullable=False), raiseload=True
    )
    meta: Mapped[JsonObject] = mapped_column("metadata")
    is_archived: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    message_count: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[Instant] = mapped_column(server_default=func.now())
    deleted_at: Mapped[Instant | None]
    """Since when it waits for services/purging."""

    agent: Mapped[Agent] = relationship()
    running: Mapped[Generation | None] = relationship(
        primaryjoin=lambda: and_(Generation.chat_id == Chat.id, Generation.status == "running"),
        viewonly=True,
        lazy="raise",  # a list that forgot to load it would ask for each chat
    )


_NOT_DELETED = with_loader_criteria(Chat, Chat.deleted_at.is_(None), include_aliases=True)


@event.listens_for(db.session, "do_orm_execute")
def _hide_deleted(state: ORMExecuteState) -> None:
    """A condition that nobody can forget. What is read again of a chat that was found stays readable."""
    if state.is_orm_statement and not (state.is_column_load or state.execution_options.get("with_deleted")):
        state.statement = state.statement.options(_NOT_DELETED)
