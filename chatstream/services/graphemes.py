"""Cutting text between the characters that people see: an emoji or a letter with its accents is never torn."""

from __future__ import annotations

import regex

_GRAPHEME = regex.compile(r"\X")
_DIRECTIONS = regex.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_FAR = 64
"""How far back a cut looks for a place that is surely between two characters."""


def boundary(text: str, at: int) -> int:
    """The last place up to ``at`` that is between two characters as people see them."""
    if at >= len(text):
        return len(text)
    start = max(0, at - _FAR)
    for place in range(at - 1, start, -1):
        if text[place].isascii() and text[place].isalnum():
            start = place
            break
    end = start
    for match in _GRAPHEME.finditer(text, start, min(len(text), at + _FAR)):
        if match.end() > at:
            break
        end = match.end()
    return end if end > start else at


def without_directions(text: str) -> str:
    """The text without the signs that turn its direction: one that is not closed would turn what follows it."""
    return _DIRECTIONS.sub("", text)
