"""Texts of failures without secrets, fit to be kept: exceptions quote whatever they failed on."""

from __future__ import annotations

import re
import traceback
from typing import Final

STACK_CHARS: Final = 20_000
FRAMES: Final = 40

_NAMES = "password|passwd|secret|token|cookie|authorization|api_?key"
_SECRETS: Final = (
    (re.compile(r"\b(bearer|basic)\s+[^\s\"',;]+", re.IGNORECASE), r"\1 [token]"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), "[token]"),  # a JWT
    (re.compile(r"\$2[aby]\$\d\d\$[./\w]{10,}"), "[hash]"),  # bcrypt
    (re.compile(r"(://)[^\s/@\"']{1,500}@"), r"\1[credentials]@"),
    (
        re.compile(rf"((?:{_NAMES})\w{{0,30}}[\"']?\s{{0,4}}[=:]\s{{0,4}})(\"[^\"]*\"|'[^']*'|[^\s,;)}}\]]+)", re.I),
        r"\1[hidden]",
    ),
    (re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"), "[address]"),
)
"""What they take of a text is bounded, so that they are quick on any: a stack may quote what a stranger sent."""

_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")


def scrubbed(text: str) -> str:
    """``text`` without tokens, hashes, credentials, email addresses, and what PostgreSQL can not store."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return _UNSTORABLE.sub("\ufffd", text)


def stack_of(error: BaseException) -> str:
    """The stack of an exception with those that caused it; the end of it where it is long."""
    lines = traceback.format_exception(type(error), error, error.__traceback__, limit=-FRAMES)
    end = "".join(lines)[-2 * STACK_CHARS :]  # a secret that is cut in two here is gone below
    return scrubbed(end)[-STACK_CHARS:]
