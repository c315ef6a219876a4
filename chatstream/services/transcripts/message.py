"""The shape of a message, and its id as the database wants it."""

from __future__ import annotations

import uuid
from typing import Any

Message = dict[str, Any]


def key_of(message_id: str) -> uuid.UUID | None:
    """The id as a UUID; None for text that no message can have for an id."""
    try:
        key = uuid.UUID(message_id)
    except ValueError:
        return None
    return key if str(key) == message_id else None
