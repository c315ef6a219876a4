"""Avatars: the face of an agent, in the database, so that every node has it and a backup is whole."""

from __future__ import annotations

import uuid

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from chatstream.extensions import Base
from chatstream.models.columns import CreatedAt


class AgentAvatar(Base):
    """The one avatar of an agent, as a WebP that services/pictures.py has drawn."""

    __tablename__ = "agent_avatars"
    __table_args__ = (CheckConstraint("octet_length(content) BETWEEN 1 AND 1048576", name="content_size"),)

    agent_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    etag: Mapped[str] = mapped_column(String(64))
    """The start of the content's SHA-256, in hexadecimal."""
    created_at: Mapped[CreatedAt]
