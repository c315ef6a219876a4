"""Stopping running answers, on whichever worker they run."""

from __future__ import annotations

import time
import uuid
from collections.abc import Collection

import gevent

from chatstream.extensions import db
from chatstream.models import Generation
from chatstream.services import chats
from chatstream.services.generations.outcomes import any_running, request_stop
from chatstream.services.principals import Principal

PATIENCE_S = 5.0
"""How long a stop waits for the owner to store what had arrived. A dead owner's answer is closed by the reaper."""
LOOK_S = 0.03


def stop_answer(principal: Principal, chat_id: uuid.UUID) -> bool:
    """Stop the running answer of a chat and wait until it is stored; False when none ran. Raises NotFound."""
    chats.get(principal, chat_id)
    return stop_answers([chat_id])


def stop_answers(chat_ids: Collection[uuid.UUID]) -> bool:
    """Stop the running answers of the caller's own chats, as `stop_answer` does; False when none ran."""
    asked = request_stop(Generation.chat_id.in_(chat_ids))
    db.session.commit()
    deadline = time.monotonic() + PATIENCE_S
    while asked and any_running(asked) and time.monotonic() < deadline:
        gevent.sleep(LOOK_S)
    return bool(asked)
