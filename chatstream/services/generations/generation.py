"""One generation at work: the answer is fetched, told to its followers and stored."""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, Literal, ParamSpec, TypeVar

import gevent
from gevent.event import Event as Flag

from chatstream.errors import UpstreamError
from chatstream.services.event_log import EventLog
from chatstream.services.events import Done, Failure, Replace, Text, joined
from chatstream.services.generations.assignment import Assignment
from chatstream.services.generations.observing import Observer
from chatstream.services.generations.outcomes import DATABASE_GONE, Answer, store
from chatstream.services.generations.reading import Reading
from chatstream.services.n8n import N8nStreamer
from chatstream.services.webhook_answer import WebhookAnswer
from chatstream.services.webhook_call import WebhookCall
from chatstream.tracing.interface import NO_SPAN

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")
AppContext = Callable[[], AbstractContextManager[Any]]
Halt = Literal["stopped", "interrupted", "abandoned"]
Aftermath = Callable[[Assignment, Mapping[str, Any]], None]
"""What is done with a complete answer once it is stored and told."""


class Generation:
    """Owns one answer from its start to its stored end, whoever listens.

    Two greenlets, one after the other: the first calls the workflow and may be killed at any moment, the second stores
    what came. A kill can therefore never fall into the middle of a commit. In between there is none, see `Reading`.
    """

    def __init__(
        self,
        assignment: Assignment,
        *,
        streamer: N8nStreamer,
        app_context: AppContext,
        observer: Observer,
        aftermath: Aftermath | None = None,
    ) -> None:
        self.assignment = replace(assignment, history=())  # it goes with the call; an answer takes minutes
        self._call: WebhookCall | None = assignment.webhook_call()
        self.log = EventLog(str(assignment.generation_id))
        self.stored: dict[str, Any] | None = None
        self._streamer = streamer
        self._app_context = app_context
        self._observer = observer
        self._aftermath = aftermath
        self._pieces: list[str] = []
        self._chunks = 0
        self._first_token_ms: int | None = None
        self._halt: Halt | None = None
        self._span = NO_SPAN
        self._started = 0.0
        self._reading: Reading | None = None
        self._ended = Flag()

    def start(self) -> None:
        """Begin. The first event is in the log before the workflow is called."""
        self.log.append(self._streamer.emit_status("Sending request to n8n webhook..."))
        self._span = self._observer.began(self.assignment)
        self._started = time.monotonic()
        self._reading = Reading(self._traced(self._open), take=self._take, over=self._over)
        self._reading.start()

    def halt(self, how: Halt) -> None:
        """End the reading. What had come is stored as ``how``, or not at all when abandoned. Returns at once."""
        if self._halt is None and self._reading is not None and not self._reading.is_over:
            self._halt = how
            self._reading.halt()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the end is stored and told; False when ``timeout`` seconds were not enough."""
        return self._ended.wait(timeout)

    @property
    def has_ended(self) -> bool:
        """Whether its end has been stored and told, or it was abandoned."""
        return self._ended.is_set()

    def _traced(self, work: Callable[P, T]) -> Callable[P, T]:
        """``work`` within the span of this generation: a greenlet has to be told what it belongs to."""

        def run(*args: P.args, **kwargs: P.kwargs) -> T:
            with self._span.current():
                return work(*args, **kwargs)

        return run

    def _open(self) -> WebhookAnswer:
        call, self._call = self._call, None
        assert call
        return self._streamer.open(call)

    def _take(self, pieces: Sequence[Text | Replace]) -> None:
        if self._first_token_ms is None:
            self._first_token_ms = int((time.monotonic() - self._started) * 1000)
            self._span.event("first_token")
        self._chunks += len(pieces)
        for piece in pieces:
            if isinstance(piece, Replace):
                self._pieces.clear()
            self._pieces.append(piece.content)
        if len(pieces) == 1:
            self.log.append(pieces[0])
        else:
            self.log.extend(joined(pieces))

    def _over(self) -> None:
        gevent.spawn(self._traced(self._finish))

    def _finish(self) -> None:
        answer = None
        try:
            self._close()
            if self._halt != "abandoned":
                answer = self._answer()
                self.stored = self._store(answer)
                if self.stored is not None:
                    self._tell_end(answer)
                    if self._aftermath is not None and answer.status == "complete":
                        gevent.spawn(self._traced(self._aftermath), self.assignment, self.stored)
        except Exception:
            # The row stays as running; without a heartbeat the reaper closes it.
            log.exception("the end of generation %s can not be stored", self.assignment.generation_id)
        finally:
            self.log.close()
            self._ended.set()
            self._observer.ended(self.assignment, answer if self.stored else None)

    def _close(self) -> None:
        reading, self._reading = self._reading, None
        assert reading
        self.failure = reading.failure
        if reading.crash is not None:
            log.error("generation %s failed", self.assignment.generation_id, exc_info=reading.crash)
            self._halt = self._halt or "interrupted"
        reading.close()

    def _answer(self) -> Answer:
        status = self._halt or ("error" if self.failure else "complete")
        assert status != "abandoned"
        return Answer(
            status=status,
            content="".join(self._pieces),
            failure=self.failure if status == "error" else None,
            first_token_ms=self._first_token_ms,
            chunks=self._chunks,
        )

    def _store(self, answer: Answer) -> dict[str, Any] | None:
        """Try until the database takes it: an answer is not lost because PostgreSQL restarts."""
        for delay in _backoff():
            try:
                with self._app_context():
                    return store(self.assignment, answer)
            except DATABASE_GONE:
                log.warning("generation %s: its end can not be stored yet", self.assignment.generation_id)
                gevent.sleep(delay)
        return None

    def _tell_end(self, answer: Answer) -> None:
        """The terminal frames, each of them a receipt: the answer is committed."""
        message_id = str(self.assignment.message_id)
        status = self._streamer.emit_status
        if answer.status == "error" and answer.failure is not None:
            self.log.append(status(answer.failure.title, "error", done=True))
            self.log.append(Failure(answer.failure.code, self.explanation(answer.failure)))
        elif answer.status in ("complete", "stopped"):
            words = "Stream completed" if answer.status == "complete" else "Stream stopped"
            self.log.append(status(words, done=True))
            self.log.append(Done(words, message_id, answer.status))

    def explanation(self, failure: UpstreamError) -> str:
        """What a failure says to the owner of the chat: to an admin, the workflow's words as well."""
        if self.assignment.user_role == "admin" and failure.said:
            return f"{failure.detail} The workflow said: {failure.said}"
        return failure.detail


def _backoff() -> Iterator[float]:
    """Seconds between attempts: 0.1, 0.2, 0.4 … 2, then 2 for ever."""
    return (min(0.1 * 2**attempt, 2.0) for attempt in itertools.count())
