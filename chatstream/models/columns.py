"""Column types that every table shares."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import DateTime, func, text
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.orm import mapped_column

UuidKey = Annotated[
    uuid.UUID,
    mapped_column(UUID(as_uuid=True), primary_key=True, server_default=text("gen_random_uuid()")),
]
"""A random UUIDv4 made by the database."""

CreatedAt = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=func.now())]
Instant = Annotated[datetime, mapped_column(DateTime(timezone=True))]
JsonObject = Annotated[dict[str, Any], mapped_column(JSONB, server_default=text("'{}'::jsonb"))]


def one_of(column: str, words: tuple[str, ...]) -> str:
    """The CHECK expression that holds ``column`` to a closed set of words."""
    listed = ", ".join(f"'{word}'" for word in words)
    return f"{column} IN ({listed})"
