"""Pages: the older messages of chats, sealed."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID
from sqlalchemy.orm import Mapped, mapped_column

from chatstream.extensions import Base


class ChatPage(Base):
    """Messages that follow each other. Belongs to services/transcripts, as ``chats.messages`` does."""

    __tablename__ = "chat_pages"
    __table_args__ = (
        CheckConstraint("number >= 0", name="number"),
        CheckConstraint("jsonb_array_length(messages) = cardinality(message_ids)", name="message_ids"),
        CheckConstraint("cardinality(message_ids) > 0", name="not_empty"),
        Index(None, "message_ids", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
    )

    chat_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("chats.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    """How many messages of the chat come before these."""
    messages: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    message_ids: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(UUID(as_uuid=True)))
    """Their ids, in the same order, so that a message is found without reading its page."""
