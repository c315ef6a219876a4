"""Titles of chats: one short line, cut between words, or else between the characters that people see."""

from __future__ import annotations

import re

from chatstream.services.graphemes import boundary, without_directions

TITLE_CHARS = 60

_BLANKS = re.compile(r"\s+")
_DRESS = " \t\"'`*_#\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb"
"""What models like to put round a title."""


def title_from(content: str) -> str:
    """A title from the first user message: at most 60 characters and an ellipsis."""
    line = _BLANKS.sub(" ", without_directions(content)).strip() or "…"
    if len(line) <= TITLE_CHARS:
        return line
    head = line[: boundary(line, TITLE_CHARS)]
    words, space, _ = head.rpartition(" ")
    return (words if space and len(words) >= TITLE_CHARS // 2 else head).rstrip(" ,;:.-") + "…"


def title_in(answer: str) -> str | None:
    """The title in what a workflow said when it was asked for one: its first line; None where there is none."""
    lines = (line.strip(_DRESS).removeprefix("Title:").strip(_DRESS) for line in answer.splitlines())
    line = next(filter(None, lines), None)
    return line and title_from(line)
