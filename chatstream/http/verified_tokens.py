"""Access tokens that this process has verified: their signature is not computed again for each request.

A token's text decides everything about it but the time, so only its end is looked at again. Who it speaks for, and
whether that still holds, is services/principal_cache's matter.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import Final

MOST: Final = 4096
"""Tokens that a process remembers, some 3 MB of them; beyond it the oldest is forgotten, and verified again."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token says: a session, its user, and until when (seconds since 1970)."""

    session_id: uuid.UUID
    user_id: uuid.UUID
    expires_at: float


class VerifiedTokens:
    """Tokens by their text. ``leeway_s``: how much longer they count, as the library that verifies them has it."""

    def __init__(self, *, leeway_s: float) -> None:
        self._leeway_s = leeway_s
        self._kept: dict[str, Claims] = {}  # in the order in which they were verified

    def find(self, token: str) -> Claims | None:
        """What a token says; None for one that was never verified, was forgotten or has expired."""
        claims = self._kept.get(token)
        if claims is None:
            return None
        if claims.expires_at <= time.time() - self._leeway_s:
            self._kept.pop(token, None)
            return None
        return claims

    def keep(self, token: str, claims: Claims) -> None:
        """Remember a token that the library has just taken."""
        while len(self._kept) >= MOST:
            del self._kept[next(iter(self._kept))]
        self._kept[token] = claims
