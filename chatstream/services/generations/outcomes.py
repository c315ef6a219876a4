"""How generations end: in one guarded update with the answer's text, so that there is one winner."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from chatstream.errors import UpstreamError
from chatstream.extensions import db
from chatstream.models import Generation
from chatstream.services import error_logs, signals, transcripts
from chatstream.services.clock import now, rfc3339
from chatstream.services.error_logs import Failure
from chatstream.services.events import Outcome
from chatstream.services.generations.assignment import Assignment
from chatstream.services.scrubbing import stack_of

DATABASE_GONE = (OperationalError, InterfaceError, PoolTimeout)
"""What PostgreSQL's absence looks like; the same call may succeed later."""


_CLOSE = text("""
    SELECT generation_close(:chat_id, :generation_id, :status, :error_code, :first_token_ms, :chunks, :chars, :message,
        :most_messages, :most_bytes)
""").bindparams(
    bindparam("chat_id", type_=UUID), bindparam("generation_id", type_=UUID), bindparam("message", type_=JSONB)
)
"""A function of the database (migration 0014)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a generation has at its end."""

    status: Outcome
    content: str
    failure: UpstreamError | None = None
    first_token_ms: int | None = None
    chunks: int = 0

    def message(self, message_id: uuid.UUID) -> dict[str, Any]:
        """The answer as it stands in the transcript."""
        message: dict[str, Any] = {
            "id": str(message_id),
            "role": "assistant",
            "content": self.content,
            "timestamp": rfc3339(now()),
            "status": self.status,
        }
        if self.failure is not None:
            message["metadata"] = {"error_code": self.failure.code}
        return message


def store(assignment: Assignment, answer: Answer) -> dict[str, Any] | None:
    """Commit the end of a generation: its row, its message and, for a failure, its error_logs row.

    Returns the stored message, or None when the generation has ended otherwise: the chat was deleted, or another worker
    took this one for dead. Safe to repeat after a lost connection, also when the lost commit had gone through.
    """
    message = answer.message(assignment.message_id)
    with db.engine.begin() as connection:
        is_stored = close(connection, assignment.chat_id, assignment.generation_id, message, answer)
        if is_stored and answer.failure is not None:
            error_logs.record(_told(assignment, answer.failure), connection)
    if is_stored or transcripts.contains(assignment.chat_id, message["id"]):
        return message
    return None


def beat(generation_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, bool]:
    """Say that these are alive; returns those that still count as running, and whether somebody wants them stopped."""
    alive = db.session.execute(
        update(Generation)
        .where(Generation.id.in_(generation_ids), Generation.status == "running")
        .values(heartbeat_at=func.now())
        .returning(Generation.id, Generation.stop_requested_at.is_not(None))
    ).all()
    db.session.commit()
    return {row[0]: row[1] for row in alive}


def request_stop(*which: ColumnElement[bool]) -> list[uuid.UUID]:
    """Ask the owners of these running generations to stop them, as part of the caller's transaction; returns which."""
    asked = db.session.scalars(
        update(Generation)
        .where(Generation.status == "running", *which)
        .values(stop_requested_at=func.now())
        .returning(Generation.id)
    ).all()
    signals.send(signals.STOP, asked)
    return list(asked)


def any_running(generation_ids: Collection[uuid.UUID]) -> bool:
    """Whether one of these has not ended yet. Holds no connection afterwards."""
    running = select(Generation.id).where(Generation.id.in_(generation_ids), Generation.status == "running")
    found = db.session.scalars(running.limit(1)).one_or_none()
    db.session.rollback()
    return found is not None


def close(
    connection: Connection, chat_id: uuid.UUID, generation_id: uuid.UUID, message: dict[str, Any], answer: Answer
) -> bool:
    """Put the end into the row and the message into the chat, as part of the connection's transaction.

    False, with nothing done, when the chat was deleted or the generation has ended before.
    """
    end = {
        "chat_id": chat_id,
        "generation_id": generation_id,
        "status": answer.status,
        "error_code": answer.failure.code if answer.failure else None,
        "first_token_ms": answer.first_token_ms,
        "chunks": answer.chunks,
        "chars": len(answer.content),
        "message": message,
    }
    return connection.scalar(_CLOSE, end | transcripts.BOUND.parameters) is True


def _told(assignment: Assignment, failure: UpstreamError) -> Failure:
    return Failure(
        code=failure.code,
        message=failure.said or failure.detail,
        kind=[failure.said or ""],
        stack=stack_of(failure),
        **assignment.owners(),
        context={
            "generation_id": str(assignment.generation_id),
            "message_id": str(assignment.message_id),
            "upstream_status": failure.upstream_status,
        },
    )
