"""What is measured, as the figures see it: ChatStream and its peers, with people who are signed in and their chats."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks import processes

TEXT = "The quick brown fox jumps over the lazy dog, and the benchmark counts its steps from one end to the other. " * 8
"""Of the messages that a chat is filled with: some 800 bytes."""


@dataclass(frozen=True, slots=True)
class Talk:
    """A chat that messages can be sent to, by somebody who is signed in. ``held``: the messages that are in it."""

    chat_id: str
    path: str
    cookie: str
    held: int = 0


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database holds of a chat: how many messages, and the newest of them."""

    count: int
    newest: Sequence[Mapping[str, Any]]


class Subject(ABC):
    """A server under measurement, on a core of its own."""

    name: str
    port: int
    pid: int
    """The process that does the work."""

    keeps_chats = True
    """Whether it stores anything. Where it does not, it has neither people nor lists."""

    def cpu_s(self) -> float:
        """Seconds of a core that it has used."""
        return processes.cpu_s(self.pid)

    def talks(self, people: int, each: int, workflow: str, *, held: int = 0) -> list[list[Talk]]:
        """For each of ``people``, the same ones every time, new chats with ``held`` messages in them.

        ``workflow`` is the query that the workflow is asked with, which says how it answers.
        """
        cookies = self.people(people)
        paths = self.chats(len(cookies), each, workflow, held)
        return [
            [Talk(chat_id, path, cookie, held) for chat_id, path in own]
            for cookie, own in zip(cookies, paths, strict=True)
        ]

    @abstractmethod
    def people(self, count: int) -> list[str]:
        """The Cookie headers of the first ``count`` people, who are made and signed in when they are missing."""

    @abstractmethod
    def accounts(self, count: int, rounds: int) -> list[str]:
        """Addresses of new accounts whose password is PASSWORD, hashed at this cost; nobody is signed in."""

    @abstractmethod
    def chats(self, people: int, each: int, workflow: str, held: int) -> list[list[tuple[str, str]]]:
        """New chats of each of the first people: id, and path to send to."""

    @abstractmethod
    def stored(self, chats: Iterable[str], newest: int) -> dict[str, Stored]:
        """What the database holds of these chats, with at least the ``newest`` messages."""


def filling(count: int) -> list[dict[str, str]]:
    """So many messages, by turns of a user and of an assistant. Their ids are left to the subject."""
    return [
        {"role": "assistant" if number % 2 else "user", "content": TEXT, "timestamp": "2026-11-24T12:00:00.000Z"}
        for number in range(count)
    ]
