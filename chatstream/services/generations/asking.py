"""What may be asked of an agent: a new message, an edited one, or the last one again.

Each says what it is under an idempotency key, and what the question is; only a new message needs no look at the chat.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from chatstream.errors import InvalidFields, NotFound
from chatstream.services import transcripts, versions
from chatstream.services.clock import now, rfc3339
from chatstream.services.transcripts import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A user's message to be answered, and the one whose turn it begins anew."""

    message: Message
    replaces: Message | None = None
    is_last: bool = False
    """It is in its place already."""


class Ask(Protocol):
    """Something to be answered."""

    @property
    def request(self) -> list[Any]:
        """What tells it from others, as JSON."""

    @property
    def looks_back(self) -> bool:
        """Whether what it asks depends on what the chat has."""

    def question(self, chat_id: uuid.UUID) -> Question:
        """What it asks; where it looks back, in a chat that is locked. Raises NotFound, InvalidFields."""


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message that the user sends."""

    looks_back: ClassVar[bool] = False
    content: str
    metadata: Mapping[str, Any] | None = None

    @property
    def request(self) -> list[Any]:
        """See Ask."""
        return [self.content, self.metadata or {}]

    def question(self, chat_id: uuid.UUID) -> Question:  # noqa: ARG002
        """See Ask."""
        message = {"id": str(uuid.uuid4()), "role": "user", "content": self.content, "timestamp": rfc3339(now())}
        return Question(message=message | ({"metadata": dict(self.metadata)} if self.metadata else {}))


@dataclass(frozen=True, slots=True)
class EditedMessage:
    """A user's message in other words; it keeps its id and its metadata."""

    looks_back: ClassVar[bool] = True
    message_id: uuid.UUID
    content: str

    @property
    def request(self) -> list[Any]:
        """See Ask."""
        return ["edit", str(self.message_id), self.content]

    def question(self, chat_id: uuid.UUID) -> Question:
        """See Ask."""
        message = transcripts.find(chat_id, str(self.message_id))
        if message is None:
            raise NotFound("The chat has no such message.")
        if message["role"] != "user":
            raise InvalidFields({"message_id": ["Only a user's message can be edited."]})
        return Question(message={**message, "content": self.content, "timestamp": rfc3339(now())}, replaces=message)


@dataclass(frozen=True, slots=True)
class LastMessage:
    """The user's last message, for another answer."""

    looks_back: ClassVar[bool] = True

    @property
    def request(self) -> list[Any]:
        """See Ask."""
        return ["regenerate"]

    def question(self, chat_id: uuid.UUID) -> Question:
        """See Ask. A message without an answer has nothing to be set aside."""
        newest, _ = transcripts.newest(chat_id, limit=1)
        message = versions.question_of(chat_id, newest[0]["id"]) if newest else None
        if message is None:
            raise InvalidFields({"chat_id": ["The chat has no answer that could be asked for again."]})
        if newest == [message]:
            return Question(message=message, is_last=True)
        return Question(message=message, replaces=message)
