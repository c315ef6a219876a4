"""What is told and counted of generations: once at their start and once at their end, never for each token."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from chatstream.logs import event
from chatstream.metrics import instruments
from chatstream.services.generations.assignment import Assignment
from chatstream.services.generations.outcomes import Answer
from chatstream.services.shared_log import Batch
from chatstream.tracing.interface import NO_SPAN, OFF, Span, Tracing

log = logging.getLogger(__name__)


class Observer:
    """Looks on. ``by_agent``: whether times are told by agent, which makes some series of each."""

    def __init__(self, *, by_agent: bool = False, tracing: Tracing = OFF) -> None:
        self._by_agent = by_agent
        self._tracing = tracing
        self._begun: dict[uuid.UUID, tuple[float, Span]] = {}
        self._behind_since: float | None = None

    def began(self, assignment: Assignment) -> Span:
        """An answer is being fetched. Its span, which outlives the request's that asked for it, ends in ``ended``."""
        span = self._tracing.begin("generation", attributes=_attributes(assignment) if self._tracing.is_on else {})
        self._begun[assignment.generation_id] = time.monotonic(), span
        instruments.RUNNING.inc()
        instruments.MESSAGES.labels("user").inc()
        event(log, "generation_started", **_ids(assignment))
        return span

    def ended(self, assignment: Assignment, answer: Answer | None) -> None:
        """It has, with what was stored; None where the chat is gone, or another worker took this one for dead."""
        began, span = self._begun.pop(assignment.generation_id, (time.monotonic(), NO_SPAN))
        took = time.monotonic() - began
        outcome = answer.status if answer else "abandoned"
        instruments.RUNNING.dec()
        instruments.GENERATIONS.labels(outcome).inc()
        told: dict[str, Any] = {"outcome": outcome, "duration_ms": round(took * 1000)}
        if answer is not None:
            self._count(assignment, answer, took)
            told |= {"first_token_ms": answer.first_token_ms, "chunks": answer.chunks, "chars": len(answer.content)}
        code = answer.failure.code if answer and answer.failure else None
        is_good = outcome in ("complete", "stopped")
        level = logging.INFO if is_good else logging.WARNING
        event(log, "generation_ended", level=level, **told, error_code=code, **_ids(assignment))
        error = None if is_good else code or outcome
        span.end({f"chatstream.{name}": value for name, value in told.items()}, error=error)

    @contextmanager
    def sharing(self, batches: Sequence[Batch]) -> Iterator[None]:
        """A write to the shared log; what it raises is passed on, and means that the log falls behind."""
        started = time.monotonic()
        self._behind_since = self._behind_since or started
        instruments.SHARED_LOG_LAG.set(started - self._behind_since)
        yield
        instruments.SHARED_LOG_WRITE.observe(time.monotonic() - started)
        instruments.SHARED_LOG_BATCHES.inc(len(batches))

    def shared_everything(self) -> None:
        """The shared log is not behind."""
        if self._behind_since is not None:
            self._behind_since = None
            instruments.SHARED_LOG_LAG.set(0)

    def reaped(self, count: int) -> None:
        """Answers of lost workers were closed."""
        instruments.GENERATIONS.labels("interrupted").inc(count)
        instruments.REAPED.inc(count)

    def _count(self, assignment: Assignment, answer: Answer, took: float) -> None:
        agent = str(assignment.agent_id) if self._by_agent else ""
        instruments.GENERATION_DURATION.labels(agent).observe(took)
        if answer.first_token_ms is not None:
            instruments.FIRST_TOKEN.labels(agent).observe(answer.first_token_ms / 1000)
        if answer.failure is not None:
            instruments.UPSTREAM_FAILURES.labels(answer.failure.code).inc()
        instruments.MESSAGES.labels("assistant").inc()
        instruments.CHUNKS.inc(answer.chunks)
        instruments.CHARS.inc(len(answer.content))


def _ids(assignment: Assignment) -> dict[str, Any]:
    return {
        "request_id": assignment.origin.request_id,
        "generation_id": assignment.generation_id,
        "chat_id": assignment.chat_id,
        "agent_id": assignment.agent_id,
        "user_id": assignment.user_id,
        "team_id": assignment.team_id,
    }


def _attributes(assignment: Assignment) -> dict[str, Any]:
    ids = _ids(assignment)
    return {"user.id": ids.pop("user_id"), **{f"chatstream.{name}": value for name, value in ids.items()}}
