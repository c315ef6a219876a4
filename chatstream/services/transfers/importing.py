"""A chat made from a document, in one transaction."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any

from gevent.lock import BoundedSemaphore
from sqlalchemy import select, update

from chatstream.errors import Busy, InvalidFields, NotFound
from chatstream.extensions import db
from chatstream.models import Agent, Chat
from chatstream.models.message_feedback import RATINGS
from chatstream.services import transcripts
from chatstream.services.clock import now, rfc3339
from chatstream.services.principals import Principal
from chatstream.services.transcripts.message import Message, key_of
from chatstream.services.transfers.documents import read_messages

MAX_MESSAGES = 200_000
MAX_CONTENT = 4 << 20
"""Characters of a message: as much as an answer may have bytes."""
METADATA_BYTES = 16 << 10
COMMENT_CHARS = 2000
AT_ONCE = 50
"""Messages in one statement."""

_SLOTS = BoundedSemaphore(2)
"""Each holds a document in memory."""
_OF_CHATS = {"agent_id", "title", "meta", "is_archived", "created_at"}
_FIELDS = {"id", "role", "content", "timestamp", "status", "feedback", "metadata"}
_OF_ANSWERS = {"status", "feedback"}
_STATUSES = ("complete", "stopped", "error", "interrupted")
_TIMESTAMP = re.compile(r"(19[7-9]\d|20\d\d)-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)")


@contextmanager
def slot() -> Iterator[None]:
    """One of the few imports that a worker does at a time. Raises Busy when there is none."""
    if not _SLOTS.acquire(blocking=False):
        raise Busy("Other chats are being imported. Try again in a moment.", retry_after=5)
    try:
        yield
    finally:
        _SLOTS.release()


def store(principal: Principal, fields: Mapping[str, Any], document: bytes) -> Chat:
    """Make a chat of the caller from the checked head of a document and its messages.

    Ratings stay with their messages; the team's admins are not shown them, since the answers may be anybody's.
    Raises NotFound (no such agent in the team), InvalidFields (a message); then nothing is stored.
    """
    agent = select(Agent.id).where(Agent.id == fields["agent_id"], Agent.team_id == principal.team_id)
    if db.session.scalar(agent.where(Agent.deleted_at.is_(None)).with_for_update(read=True)) is None:
        raise NotFound("There is no such agent.")
    kept = {name: value for name, value in fields.items() if name in _OF_CHATS}
    chat = Chat(team_id=principal.team_id, user_id=principal.user_id, **kept)
    db.session.add(chat)
    db.session.flush()
    chat_id = chat.id
    messages = _messages(document)
    while some := list(islice(messages, AT_ONCE)):
        transcripts.extend(chat_id, some)
    if "updated_at" in fields:  # not the moment of the import: the list is by activity
        db.session.execute(update(Chat).where(Chat.id == chat_id).values(updated_at=fields["updated_at"]))
    db.session.commit()
    return chat


def _messages(document: bytes) -> Iterator[Message]:
    """The messages as they are stored; ids that are absent, unknown or repeated are made anew. Raises InvalidFields."""
    seen: set[uuid.UUID] = set()
    for place, item in enumerate(read_messages(document)):
        if place >= MAX_MESSAGES:
            raise InvalidFields({"messages": [f"Has more than {MAX_MESSAGES} messages."]})
        complaints = _complaints(item)
        if complaints:
            raise InvalidFields({f"messages.{place}{name}": [why] for name, why in complaints.items()})
        key = key_of(item["id"]) if isinstance(item.get("id"), str) else None
        if key is None or key in seen:
            key = uuid.uuid4()
        seen.add(key)
        yield {**item, "id": str(key), "timestamp": item.get("timestamp") or rfc3339(now())}


def _complaints(item: Any) -> dict[str, str]:
    """What is wrong with a message, by field. Written out: a schema would take ten times as long, for each of them."""
    if not isinstance(item, dict):
        return {"": "Must be an object."}
    complaints = {f".{name}": "Unknown field." for name in item.keys() - _FIELDS}
    if item.get("role") not in ("user", "assistant"):
        complaints[".role"] = "Must be one of: user, assistant."
    if not isinstance(item.get("content"), str) or len(item["content"]) > MAX_CONTENT:
        complaints[".content"] = f"Must be a text of at most {MAX_CONTENT} characters."
    if item.get("role") == "user":
        complaints |= {f".{name}": "Only answers have it." for name in item.keys() & _OF_ANSWERS}
    if "status" in item and item["status"] not in _STATUSES:
        complaints[".status"] = f"Must be one of: {', '.join(_STATUSES)}."
    if item.get("timestamp") is not None and not _is_timestamp(item["timestamp"]):
        complaints[".timestamp"] = "Must be an RFC 3339 time with a zone, from 1970 to 2099."
    if "metadata" in item and not _is_small_object(item["metadata"]):
        complaints[".metadata"] = f"Must be an object of at most {METADATA_BYTES} bytes as JSON."
    if "feedback" in item and not _is_feedback(item["feedback"]):
        complaints[".feedback"] = 'Must be {"rating": "up" or "down", "comment": …}.'
    return complaints


def _is_timestamp(value: Any) -> bool:
    if not isinstance(value, str) or not _TIMESTAMP.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_small_object(value: Any) -> bool:
    try:
        return isinstance(value, dict) and len(json.dumps(value, allow_nan=False)) <= METADATA_BYTES
    except ValueError:
        return False


def _is_feedback(value: Any) -> bool:
    if not isinstance(value, dict) or value.get("rating") not in RATINGS or value.keys() - {"rating", "comment"}:
        return False
    comment = value.get("comment", "x")
    return isinstance(comment, str) and 0 < len(comment) <= COMMENT_CHARS
