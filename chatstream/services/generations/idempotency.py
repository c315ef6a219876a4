"""Idempotent sends: a key that comes again finds the answer of its first time.

As in the IETF draft "The Idempotency-Key HTTP Header Field": the same key with another body is a client's mistake.
Looked up under the lock of the chat, so that two sends at once can not both be the first.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chatstream.errors import InvalidFields, UpstreamError
from chatstream.extensions import db
from chatstream.services import sse, transcripts
from chatstream.services.events import INTERRUPTED, Done, Event, Failure, Status, Text
from chatstream.services.shared_log import SharedLog

HEADER = "Idempotency-Key"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True, slots=True)
class Key:
    """A key and the digest of what it is a key for."""

    value: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """Something that was asked before: the generation that it opened then."""

    generation_id: uuid.UUID
    chat_id: uuid.UUID
    message_id: uuid.UUID
    user_message_id: uuid.UUID | None
    error_code: str | None


def key_for(header: str | None, request: list[Any]) -> Key | None:
    """The key in a header, None without one; ``request`` is what is asked for, as JSON.

    Raises InvalidFields for one that is too long or not ASCII.
    """
    if header is None:
        return None
    if not _KEY.fullmatch(header):
        raise InvalidFields({HEADER: ["Must be 1 to 255 printable ASCII characters without spaces."]})
    body = json.dumps(request, sort_keys=True, ensure_ascii=True)
    return Key(header, hashlib.sha256(body.encode()).hexdigest())


def repeated(chat_id: uuid.UUID, key: Key, first: Mapping[str, Any]) -> Repeat:
    """What ``key`` opened in the last 24 hours, as the database tells of it; an older use of the key is forgotten.

    Raises InvalidFields when it was a key for something else.
    """
    if first["digest"] != key.digest:
        raise InvalidFields({HEADER: ["This key was used for another message."]})
    user_message_id = first["user_message_id"]
    return Repeat(
        generation_id=uuid.UUID(first["generation_id"]),
        chat_id=chat_id,
        message_id=uuid.UUID(first["message_id"]),
        user_message_id=uuid.UUID(user_message_id) if user_message_id else None,
        error_code=first["error_code"],
    )


def stored_messages(repeat: Repeat) -> tuple[transcripts.Message | None, transcripts.Message | None]:
    """The user's message and the answer as they are stored; None for what is not there. Holds no connection after.

    Where the answer is set aside, so is the message as it was answered.
    """
    user_ids = [repeat.user_message_id] if repeat.user_message_id else []
    found = [transcripts.find(repeat.chat_id, str(key)) for key in (repeat.message_id, *user_ids)]
    if found[0] is None:
        found += transcripts.find_aside(repeat.chat_id, repeat.message_id, beside=user_ids)
    db.session.rollback()
    by_id = {message["id"]: message for message in found if message}
    return by_id.get(str(repeat.user_message_id)), by_id.get(str(repeat.message_id))


def is_in_log(log: SharedLog, repeat: Repeat) -> bool:
    """Whether events of the first time can still be followed. Raises SharedLogUnavailable."""
    return any(batch.payloads for batch in log.read(repeat.generation_id, after=0))


def stored_end(repeat: Repeat) -> Generator[bytes, None, None]:
    """The answer as a stream, when its events are gone: its whole text in one, and its end.

    Its numbers are not those of the first time, so it must not be given while there are events to go on with.
    """
    _, answer = stored_messages(repeat)
    events = _events(repeat, answer) if answer else iter(())
    for number, event in enumerate(events, 1):
        yield sse.frame(str(repeat.generation_id), number, sse.payload(event))


def _events(repeat: Repeat, answer: transcripts.Message) -> Iterator[Event]:
    if answer["content"]:
        yield Text(answer["content"])
    status = answer["status"]
    if status == "error":
        failure = UpstreamError.of_code(repeat.error_code)
        yield Status(failure.title, "error", done=True)
        yield Failure(failure.code, failure.detail)
    elif status == "interrupted":
        yield INTERRUPTED
    else:
        words = "Stream completed" if status == "complete" else "Stream stopped"
        yield Status(words, done=True)
        yield Done(words, str(repeat.message_id), status)
