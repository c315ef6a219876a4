"""The shared log in PostgreSQL: rows of ``generation_events``. Growth is told by NOTIFY, see services/signals.py."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import delete, func, select, text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from chatstream.extensions import db
from chatstream.models import Generation, GenerationEvent
from chatstream.services import signals
from chatstream.services.shared_log.interface import KEPT_S, Batch, SharedLogUnavailable

_WRITE = text(
    "INSERT INTO generation_events (generation_id, seq, count, payloads, is_last) "
    "SELECT b.id, b.seq, b.count, b.payloads, b.is_last FROM unnest(CAST(:ids AS uuid[]), CAST(:seqs AS int[]), "
    "CAST(:counts AS int[]), CAST(:payloads AS text[]), CAST(:ends AS bool[])) "
    "AS b(id, seq, count, payloads, is_last) "
    # a chat that was deleted has taken its generations with it
    "JOIN generations ON generations.id = b.id "
    # a commit whose receipt was lost is repeated, with what has been said since
    "ON CONFLICT (generation_id, seq) DO UPDATE "
    "SET count = excluded.count, payloads = excluded.payloads, is_last = excluded.is_last"
)


@contextmanager
def _translated() -> Iterator[None]:
    """A database that does not answer, as the interface names it."""
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        raise SharedLogUnavailable from error


class PostgresLog:
    """Implements SharedLog."""

    @_translated()
    def write(self, batches: Sequence[Batch]) -> None:
        """One statement and its commit, whatever the number of generations."""
        db.session.execute(
            _WRITE,
            {
                "ids": [batch.generation_id for batch in batches],
                "seqs": [batch.first for batch in batches],
                "counts": [len(batch.payloads) for batch in batches],
                "payloads": ["\n".join(batch.payloads) for batch in batches],
                "ends": [batch.is_last for batch in batches],
            },
        )
        signals.send(signals.EVENTS, [batch.generation_id for batch in batches])
        db.session.commit()

    @_translated()
    def read(self, generation_id: uuid.UUID, *, after: int) -> list[Batch]:
        """One query by the primary key."""
        rows = db.session.execute(
            select(GenerationEvent.seq, GenerationEvent.payloads, GenerationEvent.is_last)
            .where(
                GenerationEvent.generation_id == generation_id,
                (GenerationEvent.seq + GenerationEvent.count > after + 1) | GenerationEvent.is_last,
            )
            .order_by(GenerationEvent.seq)
        ).all()
        db.session.rollback()
        return [
            Batch(
                generation_id=str(generation_id),
                first=seq,
                payloads=tuple(payloads.split("\n")) if payloads else (),
                is_last=is_last,
            )
            for seq, payloads, is_last in rows
        ]

    @_translated()
    def sweep(self) -> int:
        """Delete the rows of old answers."""
        old = select(Generation.id).where(Generation.finished_at < func.now() - text(f"interval '{KEPT_S} seconds'"))
        gone = db.session.execute(delete(GenerationEvent).where(GenerationEvent.generation_id.in_(old)))
        db.session.commit()
        return int(gone.rowcount)  # type: ignore[attr-defined]

    def listen(self, wake: Callable[[uuid.UUID | None], None]) -> None:
        """Nothing to do: the words come with those of the workers."""
