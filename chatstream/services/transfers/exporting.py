"""Chats as downloads, page by page. No connection is held while a client takes its time over a page."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from chatstream.errors import Conflict
from chatstream.models import Chat
from chatstream.services import transcripts
from chatstream.services.transcripts import Message

VERSION = 1
PAGE = 50

_BLANKS = re.compile(r"\s+")
SPEAKERS = {"user": "User", "assistant": "Assistant"}


def pages(chat: Chat, app_context: Callable[[], AbstractContextManager[Any]]) -> Iterator[Sequence[Message]]:
    """All messages that the chat has now, some at a time; each page in a context, and a transaction, of its own.

    Raises Conflict when some of them are set aside before the end: what came would be of two minds.
    """
    return _pages(chat.id, chat.message_count, app_context)


def as_json(chat: Mapping[str, Any], found: Iterable[Sequence[Message]]) -> Iterator[str]:
    """The document that can be imported again."""
    head = json.dumps({"version": VERSION, **chat}, ensure_ascii=False)
    yield head.removesuffix("}") + ', "messages": ['
    separator = "\n"
    for page in found:
        yield separator + ",\n".join(json.dumps(message, ensure_ascii=False) for message in page)
        separator = ",\n"
    yield "\n]}\n"


def as_markdown(chat: Mapping[str, Any], found: Iterable[Sequence[Message]]) -> Iterator[str]:
    """A document to read: a heading for each message, and its text as it is."""
    yield f"# {_BLANKS.sub(' ', chat['title'] or 'Chat')}\n"
    for page in found:
        yield "".join(_section(message) for message in page)


def _pages(
    chat_id: uuid.UUID, count: int, app_context: Callable[[], AbstractContextManager[Any]]
) -> Iterator[Sequence[Message]]:
    last: str | None = None
    for start in range(0, count, PAGE):
        with app_context():
            if last is None:
                last = _last_id(chat_id, count)
            page = transcripts.between(chat_id, start, min(start + PAGE, count))
            # looked at after the page was: had the transcript been cut before, its last message would be gone
            if last is None or _last_id(chat_id, count) != last:
                raise Conflict("The chat was changed while it was exported. Export it again.")
        yield page


def _last_id(chat_id: uuid.UUID, count: int) -> str | None:
    last = transcripts.at([(chat_id, count - 1)]).get((chat_id, count - 1))
    return last["id"] if last else None


def _section(message: Message) -> str:
    status = message.get("status", "complete")
    ending = "" if status == "complete" else f" ({status})"
    return f"\n## {SPEAKERS[message['role']]}, {message['timestamp']}{ending}\n\n{message['content']}\n"
