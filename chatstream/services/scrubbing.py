"""Texts of failures without secrets, fit to be kept: exceptions quote whatever they failed on."""

from __future__ import annotations

import re
import traceback
from typing import Final

STACK_CHARS: Final = 20_000
FRAMES: Final = 40

_SECRETS: Final = (
    (re.compile(r"\b(bearer|basic)\s+[^\s\"',;]+", re.IGNORECASE), r"\1 [token]"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), "[token]"),  # a JWT
    (re.compile(r"\$2[aby]\$\d\d\$[./\w]{10,}"), "[hash]"),  # bcrypt
    (re.compile(r"\b([a-z][a-z0-9+.-]*://)[^\s/@\"']*@", re.IGNORECASE), r"\1[credentials]@"),
    (
        re.compile(r"\b(\w*(?:password|passwd|secret|token|cookie|authorization|api_?key)\w*[\"']?\s*[=:]\s*)"
                   r"(\"[^\"]*\"|'[^']*'|[^\s,;)}\]]+)", re.IGNORECASE),
        r"\1[hidden]",
    ),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "[address]"),
)  # fmt: skip
_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")


def scrubbed(text: str) -> str:
    """``text`` without tokens, hashes, credentials, email addresses, and what PostgreSQL can not store."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return _UNSTORABLE.sub("\ufffd", text)


def stack_of(error: BaseException) -> str:
    """The stack of an exception with those that caused it; the end of it where it is long."""
    lines = traceback.format_exception(type(error), error, error.__traceback__, limit=-FRAMES)
    return scrubbed("".join(lines))[-STACK_CHARS:]
