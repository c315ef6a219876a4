"""The closed set of things that can happen in an answer. Only these ever go out to a client."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Level = Literal["info", "warning", "error"]
Outcome = Literal["complete", "stopped", "error", "interrupted"]
GoodOutcome = Literal["complete", "stopped"]


@dataclass(frozen=True, slots=True)
class Status:
    """A word on the progress, for people."""

    description: str
    level: Level = "info"
    done: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """The next piece of the answer. Never empty; no NUL and no lone surrogate in it."""

    content: str


@dataclass(frozen=True, slots=True)
class Replace:
    """What was said is taken back; ``content`` is the whole answer so far (may be empty)."""

    content: str


@dataclass(frozen=True, slots=True)
class Failure:
    """The answer failed. Terminal."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Done:
    """The answer is committed. Terminal."""

    message: str
    message_id: str
    status: GoodOutcome


def joined(pieces: Iterable[Text | Replace]) -> list[Text | Replace]:
    """The same answer in as few pieces as can be: neighbouring texts are one."""
    events: list[Text | Replace] = []
    run: list[str] = []
    for piece in pieces:
        if isinstance(piece, Text):
            run.append(piece.content)
            continue
        if run:
            events.append(Text("".join(run)))
            run.clear()
        events.append(piece)
    if run:
        events.append(Text("".join(run)))
    return events


INTERRUPTED = Status("Stream interrupted", "warning", done=True)
"""What is left to say of an answer that the server could not finish. Not terminal: its client looks at the chat."""

Event = Status | Text | Replace | Failure | Done
