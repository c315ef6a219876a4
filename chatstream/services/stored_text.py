"""Text that PostgreSQL can keep."""

from __future__ import annotations

import re
from typing import Any

UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""What jsonb and text columns refuse: NUL, and half a surrogate pair."""

BAD_TEXT = "Has characters that are not allowed (NUL or half a surrogate pair)."


def is_unstorable(value: Any) -> bool:
    """Whether such text is anywhere in a JSON value."""
    if isinstance(value, str):
        return UNSTORABLE.search(value) is not None
    if isinstance(value, dict):
        return any(is_unstorable(name) or is_unstorable(item) for name, item in value.items())
    return isinstance(value, list) and any(is_unstorable(item) for item in value)
