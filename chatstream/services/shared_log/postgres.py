"""The shared log in PostgreSQL: rows of ``generation_events``. Growth is told by NOTIFY, see services/signals.py."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from chatstream.extensions import db
from chatstream.services import signals
from chatstream.services.batches import delete_parts
from chatstream.services.shared_log.interface import KEPT_S, Batch, SharedLog, SharedLogUnavailable, until_closed

_WRITE = text(
    "INSERT INTO generation_events (generation_id, seq, count, payloads, is_last) "
    "SELECT b.id, b.seq, b.count, b.payloads, b.is_last FROM unnest(CAST(:ids AS uuid[]), CAST(:seqs AS int[]), "
    "CAST(:counts AS int[]), CAST(:payloads AS text[]), CAST(:ends AS bool[])) "
    "AS b(id, seq, count, payloads, is_last) "
    # a chat that was purged has taken its generations with it
    "JOIN generations ON generations.id = b.id "
    # a closed log takes nothing more
    "WHERE (SELECT last.is_last FROM generation_events last WHERE last.generation_id = b.id "
    "ORDER BY last.seq DESC LIMIT 1) IS NOT TRUE "
    # a commit whose receipt was lost is repeated, with what has been said since
    "ON CONFLICT (generation_id, seq) DO UPDATE "
    "SET count = excluded.count, payloads = excluded.payloads, is_last = excluded.is_last"
)

_REACH = text(
    "SELECT b.id, coalesce((SELECT last.seq + last.count - 1 FROM generation_events last "
    "WHERE last.generation_id = b.id ORDER BY last.seq DESC LIMIT 1), 0) FROM unnest(CAST(:ids AS uuid[])) AS b(id)"
)

_READ = text(
    "SELECT e.generation_id, e.seq, e.payloads, e.is_last "
    "FROM unnest(CAST(:ids AS uuid[]), CAST(:afters AS int[])) AS place(id, after) "
    "JOIN generation_events e ON e.generation_id = place.id "
    # the row that the next event is in, found by the primary key, and all behind it
    "AND e.seq >= coalesce((SELECT max(at.seq) FROM generation_events at "
    "WHERE at.generation_id = place.id AND at.seq <= place.after + 1), 1) "
    "ORDER BY e.generation_id, e.seq"
)


# Which answers the log holds is read by going from one to the next in the primary key: there may be millions of rows of
# some thousands of answers, and many more answers that have none.
_OVER = f"""
    WITH RECURSIVE here(id) AS (
        (SELECT generation_id FROM generation_events ORDER BY generation_id LIMIT 1)
        UNION ALL
        SELECT next.id FROM here, LATERAL (
            SELECT generation_id AS id FROM generation_events WHERE generation_id > here.id ORDER BY 1 LIMIT 1
        ) AS next
    )
    SELECT generations.id FROM here JOIN generations ON generations.id = here.id
    WHERE finished_at < now() - interval '{KEPT_S} seconds'
"""  # noqa: S608 - a constant
_COUNT_OVER = f"SELECT count(*) FROM generation_events WHERE generation_id IN ({_OVER})"  # noqa: S608

SWEEP_ROWS = 1000
SWEEP_S = 1.0
"""How long one sweep lasts, so that a worker's heartbeat is not late; what is left waits for the next."""


@contextmanager
def _translated() -> Iterator[None]:
    """A database that does not answer, as the interface names it."""
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        raise SharedLogUnavailable from error


class PostgresLog(SharedLog):
    """Implements SharedLog."""

    name = "postgresql"

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
    def reach(self, generation_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
        """One query by the primary key."""
        rows = db.session.execute(_REACH, {"ids": list(generation_ids)}).all()
        db.session.rollback()
        return {row[0]: row[1] for row in rows}

    @_translated()
    def read_many(self, places: Mapping[uuid.UUID, int]) -> dict[uuid.UUID, list[Batch]]:
        """One query by the primary key."""
        rows = db.session.execute(_READ, {"ids": list(places), "afters": list(places.values())}).all()
        db.session.rollback()
        found: dict[uuid.UUID, list[Batch]] = {key: [] for key in places}
        for key, seq, payloads, is_last in rows:
            lines = tuple(payloads.split("\n")) if payloads else ()
            found[key].append(Batch(generation_id=str(key), first=seq, payloads=lines, is_last=is_last))
        return {key: until_closed(batches, after=places[key]) for key, batches in found.items()}

    @_translated()
    def sweep(self) -> int:
        """Delete the rows of old answers, some in each transaction; beside others that do so, and for a second at most.

        What is left is for the next time.
        """
        deadline = time.monotonic() + SWEEP_S
        over = db.session.scalars(text(_OVER)).all()
        db.session.rollback()
        gone = 0
        for count in delete_parts("generation_events", "generation_id", "seq", over, rows=SWEEP_ROWS):
            gone += count
            if time.monotonic() > deadline:
                break
        return gone

    @_translated()
    def over(self) -> int:
        """How many rows there are for ``sweep`` to delete."""
        count: int = db.session.execute(text(_COUNT_OVER)).scalar_one()
        db.session.rollback()
        return count

    def listen(self, wake: Callable[[uuid.UUID | None], None]) -> None:
        """Nothing to do: the words come with those of the workers."""
