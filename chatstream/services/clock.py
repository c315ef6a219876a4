"""Times as the contract writes them."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC)


def rfc3339(instant: datetime) -> str:
    """``2026-11-23T10:00:00.123Z``: UTC, milliseconds, a trailing Z."""
    text = instant.isoformat(timespec="milliseconds")
    if not text.endswith("+00:00"):
        text = instant.astimezone(UTC).isoformat(timespec="milliseconds")
    return text[:-6] + "Z"
