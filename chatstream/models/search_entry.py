"""Search entries: the words of each title and each message, for PostgreSQL's full text search."""

from __future__ import annotations

import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String
from sqlalchemy.dialects.postgresql import TSVECTOR, UUID
from sqlalchemy.orm import Mapped, mapped_column

from chatstream.extensions import Base
from chatstream.models.columns import Instant

TITLE = -1
"""The place of a chat's title; messages are counted from 0."""


class SearchEntry(Base):
    """A title, or a message of a transcript. Triggers on ``chats`` write it; nobody else does."""

    __tablename__ = "search_entries"
    __table_args__ = (
        CheckConstraint("place >= -1", name="place"),
        CheckConstraint("(place = -1) = (message_id IS NULL)", name="title"),
        Index(None, "user_id"),
        Index(None, "words", postgresql_using="gin"),
    )

    chat_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("chats.id", ondelete="CASCADE"), primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    user_id: Mapped[uuid.UUID] = mapped_column(UUID(as_uuid=True))
    """The chat's owner, here so that the search of one user reads no entry of another."""
    message_id: Mapped[uuid.UUID | None] = mapped_column(UUID(as_uuid=True))
    role: Mapped[str | None] = mapped_column(String(20))
    sent_at: Mapped[Instant]
    words: Mapped[str] = mapped_column(TSVECTOR)
