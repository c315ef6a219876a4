"""Who is calling: plain values that views hand to services."""

from __future__ import annotations

import uuid
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A signed-in user, as the database had it when the request came in."""

    user_id: uuid.UUID
    team_id: uuid.UUID
    session_id: uuid.UUID
    role: str

    @property
    def is_admin(self) -> bool:
        """Whether the user rules its own team."""
        return self.role == "admin"
