"""The shared log: the events of running and just ended answers, for followers on other workers and after a crash."""

from __future__ import annotations

import uuid

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from chatstream.extensions import Base
from chatstream.models.columns import CreatedAt


class GenerationEvent(Base):
    """A run of events that were written at once: ``count`` of them, numbered from ``seq``."""

    __tablename__ = "generation_events"
    __table_args__ = (
        CheckConstraint("seq > 0", name="seq"),
        CheckConstraint("count >= 0", name="count"),
    )

    generation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("generations.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    count: Mapped[int] = mapped_column(Integer)
    payloads: Mapped[str] = mapped_column(Text)
    """The JSON of each event, one a line."""
    is_last: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    """Nothing comes after these: the log is closed."""
    created_at: Mapped[CreatedAt]
