"""Versions of turns: what was set aside when a message was edited or an answer asked for again."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID
from sqlalchemy.orm import Mapped, mapped_column

from chatstream.extensions import Base
from chatstream.models.columns import CreatedAt, UuidKey


class ChatVersion(Base):
    """One version of a turn: a user's message and all that followed it. A turn that never changed has none.

    The current one's messages are in the transcript; those of the others are in ``version_pages``.
    """

    __tablename__ = "chat_versions"
    __table_args__ = (
        CheckConstraint("number > 0", name="number"),
        Index("uq_chat_versions_number", "chat_id", "message_id", "number", unique=True),
        Index(
            "uq_chat_versions_current",
            "chat_id",
            "message_id",
            unique=True,
            postgresql_where=text("is_current"),
        ),
    )

    id: Mapped[UuidKey]
    chat_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("chats.id", ondelete="CASCADE"))
    message_id: Mapped[uuid.UUID] = mapped_column(UUID(as_uuid=True))
    """The user's message; it keeps its id from version to version."""
    number: Mapped[int] = mapped_column(Integer)
    is_current: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[CreatedAt]


class VersionPage(Base):
    """Messages of a version that is not the current one; as a page of a chat, but numbered from the turn's first."""

    __tablename__ = "version_pages"
    __table_args__ = (
        CheckConstraint("number >= 0", name="number"),
        CheckConstraint("jsonb_array_length(messages) = cardinality(message_ids)", name="message_ids"),
        CheckConstraint("cardinality(message_ids) > 0", name="not_empty"),
        Index(None, "message_ids", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
    )

    version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("chat_versions.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    messages: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    message_ids: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(UUID(as_uuid=True)))
