"""One-time tokens: shown once, kept as a hash. They are random enough that a plain hash can not be turned back."""

from __future__ import annotations

import hashlib
import secrets

TOKEN_BYTES = 32


def new_token() -> str:
    """256 random bits as 43 URL-safe characters."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> str:
    """What is stored of a token: its SHA-256, in 64 hexadecimal digits."""
    return hashlib.sha256(token.encode()).hexdigest()
