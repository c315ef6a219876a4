"""Where in which log a client goes on reading."""

from __future__ import annotations

import re
import uuid
from typing import NamedTuple

from sqlalchemy import func, select, text

from chatstream.errors import InvalidFields
from chatstream.extensions import db
from chatstream.models import Generation
from chatstream.services import chats
from chatstream.services.principals import Principal
from chatstream.services.shared_log import KEPT_S, SharedLog

_EVENT_ID = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):(\d{1,9})")

TELLING_S = 2
"""Between the stored end of an answer and its telling to the shared log; far more than a live worker needs."""


class Place(NamedTuple):
    """Go on in this generation's log behind the event with this number."""

    generation_id: uuid.UUID
    after: int = 0
    has_ended: bool = False


def find_place(log: SharedLog, principal: Principal, chat_id: uuid.UUID, last_event_id: str | None) -> Place | None:
    """Where to go on; None when there is nothing (more) to follow.

    Without ``last_event_id``: the start of the running answer, or of one that ended less than KEPT_S ago. Holds no
    connection afterwards. Raises NotFound, InvalidFields (not an id of ours), SharedLogUnavailable.
    """
    chats.get(principal, chat_id)
    query = (
        select(
            Generation.id,
            Generation.finished_at.is_not(None),
            Generation.finished_at < func.now() - text(f"interval '{TELLING_S} seconds'"),
        )
        .where(
            Generation.chat_id == chat_id,
            Generation.finished_at.is_(None)
            | (Generation.finished_at > func.now() - text(f"interval '{KEPT_S} seconds'")),
        )
        .order_by(Generation.started_at.desc())
        .limit(1)
    )
    after = 0
    if last_event_id is not None:
        generation_id, after = _parse(last_event_id)
        query = query.where(Generation.id == generation_id)
    row = db.session.execute(query).one_or_none()
    db.session.rollback()
    if row is None:
        return None
    generation_id, has_ended, is_told = row
    nothing_left = has_ended and after > 0 and _has_all(log, generation_id, after, is_told=is_told)
    return None if nothing_left else Place(generation_id, after, has_ended)


def _has_all(log: SharedLog, generation_id: uuid.UUID, after: int, *, is_told: bool) -> bool:
    """Whether a client that has seen event ``after`` of an ended answer has seen everything that will ever be told.

    ``is_told``: the end is old enough to be in the log. Where it is not, its worker was killed in between.
    """
    rest = log.read(generation_id, after=after)
    return (is_told or any(batch.is_last for batch in rest)) and all(batch.end <= after for batch in rest)


def _parse(last_event_id: str) -> tuple[uuid.UUID, int]:
    match = _EVENT_ID.fullmatch(last_event_id)
    if match is None:
        raise InvalidFields({"last_event_id": ["Not the id of an event."]})
    return uuid.UUID(match[1]), int(match[2])
