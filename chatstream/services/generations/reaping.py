"""Generations whose worker is gone: what the shared log has of them is stored, and their chats are usable again."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, Row, and_, func, select, text

from chatstream.extensions import db
from chatstream.models import Generation
from chatstream.services import sse, transcripts
from chatstream.services.events import INTERRUPTED
from chatstream.services.generations.outcomes import Answer, close
from chatstream.services.shared_log import Batch, SharedLog

STALE_AFTER_S = 20
"""A running generation that has missed its heartbeats (every 5 s) for this long has lost its worker."""

OTHER_LOG_AFTER_S = 120
"""The same, where its events went to another store than ours. Its own workers may still come back while REDIS_URL is
being set or taken away; later than this, its text is given up for the sake of its chat."""

AT_ONCE = 100
"""So that those of a whole node do not keep a worker from its own heartbeat."""

LOCK = 0x63686174
"""Key of the advisory lock that the one who reaps holds."""


def reap(log: SharedLog, own: Collection[uuid.UUID]) -> int:
    """Store generations whose worker is gone as ``interrupted``; returns how many.

    ``own`` are this worker's: they are alive whatever their heartbeat says. One worker reaps at a time; for the others
    there is nothing to do. Raises SharedLogUnavailable.
    """
    lost = _lost(log, own)
    if not lost:
        return 0
    with db.engine.connect() as connection:  # has the lock to the end of its transaction, or of this process
        if not connection.scalar(select(func.pg_try_advisory_xact_lock(LOCK))):
            return 0
        return sum(_interrupt(log, *row) for row in lost)


def _lost(log: SharedLog, own: Collection[uuid.UUID]) -> Sequence[Row[uuid.UUID, uuid.UUID, uuid.UUID]]:
    lost = db.session.execute(
        select(Generation.id, Generation.chat_id, Generation.message_id)
        .where(_has_lost_its_worker(log), Generation.id.not_in(own))
        .limit(AT_ONCE)
    ).all()
    db.session.rollback()
    return lost


def _has_lost_its_worker(log: SharedLog) -> ColumnElement[bool]:
    return and_(
        Generation.status == "running",
        _silent_for(STALE_AFTER_S),
        (Generation.shared_log == log.name) | _silent_for(OTHER_LOG_AFTER_S),
    )


def _silent_for(seconds: int) -> ColumnElement[bool]:
    return Generation.heartbeat_at < func.now() - text(f"interval '{seconds} seconds'")


def _interrupt(log: SharedLog, generation_id: uuid.UUID, chat_id: uuid.UUID, message_id: uuid.UUID) -> bool:
    """Put together what the shared log has of a lost generation, and store it; the log is closed with it."""
    payloads = [payload for batch in log.read(generation_id, after=0) for payload in batch.payloads]
    answer = Answer(status="interrupted", content=sse.text_in(payloads), chunks=len(payloads))
    transcripts.lock(chat_id)
    # its worker may have been slow only, and have said so in the meantime
    lost = select(Generation.id).where(Generation.id == generation_id, _has_lost_its_worker(log)).with_for_update()
    is_lost = db.session.scalar(lost) is not None
    won = is_lost and close(db.session.connection(), chat_id, generation_id, answer.message(message_id), answer)
    db.session.commit()
    if won:
        # who repeats a send must be told something, or it repeats for ever; where there is more, nobody saw another end
        end = () if payloads else (sse.payload(INTERRUPTED),)
        log.write([Batch(generation_id=str(generation_id), first=len(payloads) + 1, payloads=end, is_last=True)])
    return won
