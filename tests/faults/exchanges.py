"""A client that wants to miss nothing, as docs/STREAMING_API_GUIDE.md tells it to be, and what it saw."""

from __future__ import annotations

import threading
import time
import uuid
from pathlib import Path
from typing import Any

import requests

from tests.support.frames import Stream
from tests.support.person import Person

TERMINAL = ("done", "error")
PAUSE_S = 0.1
QUIET_TURNS = 2
"""Streams that ended without a word, after which a client looks at the chat by itself."""


def workers_of(arbiter: int) -> list[int]:
    """The worker processes of a gunicorn."""
    return [int(pid) for pid in Path(f"/proc/{arbiter}/task/{arbiter}/children").read_text().split()]


class Exchange:
    """One message and its answer, through any number of cut connections. ``run`` it in a thread of its own.

    ``first_try``: set when the first stream has ended, or was cut. ``untold``: it never learned that nothing is left.
    """

    def __init__(self, person: Person, chat_id: str, tokens: int) -> None:
        self.chat_id = chat_id
        self.content = f"message {uuid.uuid4()}"
        self.tokens = tokens
        self.stream = Stream()
        self.first_try = threading.Event()
        self.cut_at: float | None = None
        self.usable_after_s: float | None = None
        self.untold = False
        self.person = person
        self._url = f"{person.url}/api/chats/{chat_id}"
        self._cookies = person.http.cookies.get_dict()
        self._key = str(uuid.uuid4())

    @property
    def told_end(self) -> bool:
        """Whether a terminal frame came."""
        return bool(self.stream.events) and self.stream.end[0] in TERMINAL

    def run(self) -> None:
        """Send, and follow to the end; send again under the same key until a first frame has come."""
        try:
            self._run()
        finally:
            self.first_try.set()

    def _run(self) -> None:
        quiet = 0
        while not self.told_end:
            seen = len(self.stream.events)
            try:
                if self._turn() == 204:
                    break
                quiet = quiet + 1 if len(self.stream.events) == seen else 0
                if quiet >= QUIET_TURNS and self.person.chat(self.chat_id)["generation"] is None:
                    self.untold = True
                    break
            except requests.RequestException:
                self.cut_at = self.cut_at or time.monotonic()
                quiet = 0
            if not self.told_end:
                self.first_try.set()
                time.sleep(PAUSE_S)
        if self.cut_at is not None:
            self.usable_after_s = time.monotonic() - self.cut_at

    def _turn(self) -> int:
        """One request, read to its end; its status. RequestException when it is cut."""
        self.stream.rest = b""
        with self._ask() as response:
            if response.status_code == 503:
                raise requests.ConnectionError("no connection to the database was free")
            assert response.status_code in (200, 204), response.text
            for chunk in response.iter_content(None):
                self.stream.feed(chunk)
            assert self.stream.rest == b"", "a stream ended cleanly within a frame"
            return response.status_code

    def _ask(self) -> requests.Response:
        options: dict[str, Any] = {
            "cookies": self._cookies,
            "stream": True,
            "timeout": 60,
            "verify": self.person.http.verify,
        }
        if not self.stream.events:
            headers = {"Idempotency-Key": self._key}
            return requests.post(f"{self._url}/messages", json={"content": self.content}, headers=headers, **options)
        last = f"{self.stream.generation_id}:{len(self.stream.events)}"
        return requests.get(f"{self._url}/stream", headers={"Last-Event-ID": last}, **options)
