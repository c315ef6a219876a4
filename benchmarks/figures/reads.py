"""Reading, as fast as it goes: a page of the list of chats, and a chat with 50 messages."""

from __future__ import annotations

import json
import zlib
from typing import Any

import requests

from benchmarks.checks import Mismatch
from benchmarks.generator import Request, asked
from benchmarks.lineup import Effort, Lineup, lineup
from benchmarks.ratios import Goal
from benchmarks.report import Report
from benchmarks.subjects import Subject

PEOPLE, CHATS, REQUESTS = 10, 30, 150
PAGE, HELD = 20, 50
MEASURES = {
    "list_s": f"lists of {PAGE} chats, requests/s",
    "list_us": "CPU of the server, µs a list",
    "list_database_us": "CPU of PostgreSQL, µs a list",
    "chat_s": f"chats of {HELD} messages, requests/s",
    "chat_us": "CPU of the server, µs a chat",
    "chat_database_us": "CPU of PostgreSQL, µs a chat",
}


def measure(effort: Effort) -> Report:
    """Each person asks again when the last answer has come."""
    each = effort.of(REQUESTS)
    report = Report("reads", f"{PEOPLE} people read, {each} requests each", MEASURES)
    with lineup(effort, peers=["FastAPI"]) as line:
        readers = {name: Readers(line, subject) for name, subject in line.subjects.items()}
        line.play(report, lambda subject: readers[subject.name].read(each))
    report.against("lists/s, against FastAPI", "list_s", "FastAPI", Goal("at least", 1.5))
    report.against("chats/s, against FastAPI", "chat_s", "FastAPI", Goal("at least", 1.5))
    return report


class Readers:
    """The people of one subject, each with chats that are empty and one that is not."""

    def __init__(self, line: Lineup, subject: Subject) -> None:
        self._line = line
        self._subject = subject
        self._empty = subject.talks(PEOPLE, CHATS, asked(tokens=1))
        self._filled = [talk for (talk,) in subject.talks(PEOPLE, 1, asked(tokens=1), held=HELD)]

    def read(self, each: int) -> dict[str, float]:
        """Lists, then chats; what came is compared with what is stored."""
        listing = f"/api/chats/?limit={PAGE}"
        measured: dict[str, float] = {}
        for name, paths in (
            ("list", [listing] * PEOPLE),
            ("chat", [talk.path.removesuffix("/messages") for talk in self._filled]),
        ):
            pages = list(zip(paths, [talk.cookie for talk in self._filled], strict=True))
            asks = [Request(client, *page, "GET") for client, page in enumerate(pages) for _ in range(each)]
            cost = self._line.load(self._subject, asks)
            bodies = [self._fetch(path, cookie) for path, cookie in pages]
            for number, answer in enumerate(cost.answers):
                if answer.crc32 != zlib.crc32(bodies[number // each]):
                    raise Mismatch(f"{self._subject.name}: {asks[number].path} was answered in two ways")
            (self._check_list if name == "list" else self._check_chats)([json.loads(body) for body in bodies])
            measured |= {
                f"{name}_s": len(asks) / cost.seconds,
                f"{name}_us": cost.cpu_s / len(asks) * 1e6,
                f"{name}_database_us": cost.database_cpu_s / len(asks) * 1e6,
            }
        return measured

    def _fetch(self, path: str, cookie: str) -> bytes:
        url = f"http://127.0.0.1:{self._subject.port}{path}"
        return requests.get(url, headers={"Cookie": cookie, "Accept": "application/json"}, timeout=10).content

    def _check_list(self, pages: list[Any]) -> None:
        for page, empty, filled in zip(pages, self._empty, self._filled, strict=True):
            own = {talk.chat_id for talk in [*empty, filled]}
            listed = {item["id"] for item in page["items"]}
            if len(listed) != PAGE or listed - own:
                raise Mismatch(f"{self._subject.name} lists {len(listed)} chats, {len(listed - own)} of others")

    def _check_chats(self, chats: list[Any]) -> None:
        stored = self._subject.stored([talk.chat_id for talk in self._filled], HELD)
        for chat, talk in zip(chats, self._filled, strict=True):
            held = stored[talk.chat_id]
            shown = [(message["id"], message["content"]) for message in chat["messages"]]
            if held.count != HELD or shown != [(message["id"], message["content"]) for message in held.newest]:
                raise Mismatch(f"{self._subject.name}: chat {talk.chat_id} is not shown as it is stored")
