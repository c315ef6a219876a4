"""What must be true of a chat whatever is done to it: the model that test_state_machine.py walks along."""

from __future__ import annotations

import itertools
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import requests
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from chatstream.n8n_sim.answers import expected_text
from tests.support.frames import Stream

FLUSHED_S = 1.0
"""How soon at the latest an answer's events are in the shared log."""
BEHIND = 100
"""Tokens, at 50 a second, that the shared log may be behind when a worker is killed."""

STORED = text(
    "SELECT id, message_count, messages, (SELECT coalesce(jsonb_agg(jsonb_build_array(g.id, g.status, g.message_id, "
    "g.user_message_id) ORDER BY g.started_at), '[]') FROM generations g WHERE g.chat_id = chats.id) "
    "FROM chats WHERE id = ANY(:ids) AND deleted_at IS NULL"
).bindparams(bindparam("ids", type_=ARRAY(UUID)))
"""What Chat.check is told, for some chats at one instant."""
AGE = text(
    "UPDATE generations SET heartbeat_at = now() - interval '31 seconds' WHERE status = 'running' AND id = ANY(:ids)"
).bindparams(bindparam("ids", type_=ARRAY(UUID)))
"""Half a minute passes for these generations, without a word from their worker."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How the simulator answers: the ``text`` it says in the end, and the states that this may be stored in."""

    options: str
    text: str = field(repr=False)
    may: frozenset[str]


FAST = Kind("tokens=5 delay_ms=0", expected_text(5), frozenset({"complete"}))
FAILING = Kind("tokens=9 delay_ms=0 fail=cut after=3", expected_text(3), frozenset({"error"}))
SHORT = Kind("tokens=25 delay_ms=20", expected_text(25), frozenset({"complete"}))
ENDLESS = Kind("tokens=9000 delay_ms=20", expected_text(9000), frozenset())


@dataclass
class Answer:
    """What the model knows of a generation. ``node`` writes it (None: either), ``may``: the states it may be in."""

    kind: Kind
    content: str
    node: int | None
    key: str | None
    id: str
    may: frozenset[str] = frozenset()
    ended_at: float | None = None
    stored: tuple[str, str] | None = None
    seen: Stream = field(default_factory=Stream)  # the most that a client was told
    relayed: str = ""  # the most that came by the shared log
    length: int | None = None  # frames, once a client has come to the end
    log_lost: bool = False  # its worker was killed before its last events were shared
    aside: bool = False  # the message was edited or asked again, or one before it was edited

    def __post_init__(self) -> None:
        self.may = self.kind.may | {"running"}

    def end(self, *may: str) -> None:
        """It has ended, in one of these states; by itself when none is given."""
        self.may = frozenset(may) or self.may - {"running"}
        self.ended_at = time.monotonic()

    @property
    def repeatable(self) -> bool:
        """Whether its key brings its events again, or its stored end."""
        return self.key is not None

    @property
    def just_ended(self) -> bool:
        """Whether its last events may still be unknown to the shared log."""
        return self.ended_at is None or time.monotonic() - self.ended_at < FLUSHED_S

    def told(self, stream: Stream, *, by_log: bool, whole: bool) -> None:
        """A client was told this: nobody is ever told anything else."""
        both = min(len(stream.events), len(self.seen.events))
        assert stream.events[:both] == self.seen.events[:both]
        if len(stream.events) > both:
            self.seen = Stream(stream.generation_id, list(stream.events))
        if by_log and len(stream.text) > len(self.relayed):
            self.relayed = stream.text
        if whole:
            assert len(stream.events) == (self.length or len(stream.events))
            self.length = len(stream.events)

    def check(self, status: str, content: str) -> None:
        """What is stored at its end agrees with what was said and told, and stays."""
        assert status in self.may
        assert (status, content) == (self.stored or (status, content)), "an end was changed"
        if status in self.kind.may:
            assert content == self.kind.text
        else:
            assert self.kind.text.startswith(content)
            assert content.startswith(self.seen.text if status == "stopped" else self.relayed)
            assert self.seen.text.count("t") - content.count("t") < BEHIND
        self.stored = (status, content)


class Tab:
    """A client that reads a stream at a node, after ``known`` events."""

    def __init__(self, response: requests.Response, answer: Answer, node: int, known: int = 0) -> None:
        assert response.status_code == 200, response.text
        assert response.headers["X-Generation-ID"] == answer.id
        self.answer = answer
        self.node = node
        self.stream = Stream(answer.id, answer.seen.events[:known])
        self.ended = False
        self._response = response
        self._chunks = response.iter_content(None)

    def read(self, more: int | None = None) -> Stream:
        """Read so many more events; None, or where there are not as many: to the end. Closes the stream then."""
        enough = len(self.stream.events) + more if more else None
        try:
            while enough is None or len(self.stream.events) < enough:
                chunk = next(self._chunks, None)
                if chunk is None:
                    assert self.stream.rest == b"", "the stream ended within a frame"
                    self.ended = True
                    self.close()
                    break
                self.stream.feed(chunk)
        finally:
            by_log = self.answer.node not in (None, self.node)
            self.answer.told(self.stream, by_log=by_log, whole=self.ended)
        return self.stream

    def read_until_cut(self) -> None:
        """The node is gone: read what was still on its way."""
        with suppress(requests.exceptions.ChunkedEncodingError, requests.exceptions.ConnectionError):
            self.read()
        self.close()

    def read_repeat(self) -> None:
        """To the end: the events, or the stored end with its text in one piece where the log does not have it yet."""
        stream = Stream(self.answer.id)
        for chunk in self._chunks:
            stream.feed(chunk)
        self.ended = True
        if stream.types[0] == "message":
            assert stream.types[1:] == ["status", stream.end[0]]
            assert stream.text == (self.answer.stored or ("complete", self.answer.kind.text))[1]
        else:
            self.answer.told(stream, by_log=False, whole=not self.answer.log_lost)

    def close(self) -> None:
        """Leave."""
        self._response.close()


@dataclass
class Chat:
    """The model of a chat; ``tab`` is a client that has stayed at its newest answer."""

    id: str
    answers: list[Answer] = field(default_factory=list)
    tab: Tab | None = None
    gone: bool = False

    @property
    def current(self) -> list[Answer]:
        """The answers that are in the chat."""
        return [answer for answer in self.answers if not answer.aside]

    @property
    def running(self) -> Answer | None:
        """The answer that has not ended, as far as the model knows."""
        return self.answers[-1] if self.answers and self.answers[-1].ended_at is None else None

    def surely_runs(self, answer: Answer) -> bool:
        """Whether an answer runs that will not end by itself."""
        return answer is self.running and self.endless

    @property
    def endless(self) -> bool:
        """Whether an answer runs in it that will not end by itself."""
        return self.running is not None and self.running.kind is ENDLESS

    def check(self, count: int, messages: list[dict[str, Any]], generations: list[list[str]]) -> None:
        """What is stored of it, at one instant."""
        assert count == len(messages)
        expected: list[tuple[str, str | None, str]] = []
        for answer, (key, status, message_id, user_message_id) in zip(self.answers, generations, strict=True):
            assert key == answer.id
            assert status in answer.may, (status, answer.may)
            if answer.aside:
                continue
            expected.append(("user", None, user_message_id))
            if status != "running":
                expected.append(("assistant", status, message_id))
        assert [(m["role"], m.get("status"), m["id"]) for m in messages] == expected
        for answer, message in itertools.zip_longest(self.current, messages[::2]):
            assert message["content"] == answer.content, "a message is missing, or not in its place"
        for answer, message in zip(self.current, messages[1::2], strict=False):
            answer.check(message["status"], message["content"])
