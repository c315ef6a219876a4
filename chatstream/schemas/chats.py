"""Chats, their messages and what is sent to them."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from chatstream.schemas.common import (
    Body,
    JsonObject,
    PageQuery,
    Query,
    SearchWords,
    StrictBoolean,
    StrictString,
    Timestamp,
    not_blank,
)
from chatstream.services.chat_bulk import ACTIONS
from chatstream.services.feedback import RATINGS

METADATA_BYTES = 16 * 1024
CONTENT_CHARS = 32_000


class RunningGeneration(Schema):
    """An answer that is being written."""

    id = fields.UUID()
    status = fields.String()


class Feedback(Schema):
    """What the user says of an answer."""

    rating = fields.String(validate=validate.OneOf(RATINGS))
    comment = fields.String()


class Message(Schema):
    """One message of a chat, as it is stored."""

    id = fields.String()
    role = fields.String(validate=validate.OneOf(["user", "assistant"]))
    content = fields.String()
    timestamp = fields.String(metadata={"format": "date-time"})
    status = fields.String(
        validate=validate.OneOf(["complete", "stopped", "error", "interrupted"]),
        metadata={"description": "Of an answer."},
    )
    feedback = fields.Nested(Feedback)
    metadata = fields.Dict(keys=fields.String())


class Chat(Schema):
    """A chat without its messages."""

    id = fields.UUID()
    team_id = fields.UUID()
    user_id = fields.UUID()
    agent_id = fields.UUID()
    title = fields.String(allow_none=True)
    metadata = fields.Dict(keys=fields.String(), attribute="meta")
    is_archived = fields.Boolean()
    message_count = fields.Integer()
    created_at = Timestamp()
    updated_at = Timestamp()


class ListedChat(Chat):
    """A chat in a list, and the answer that is being written in it."""

    generation = fields.Nested(RunningGeneration, allow_none=True, attribute="running")


class TurnVersions(Schema):
    """Which version of a turn is the current one, of how many."""

    n = fields.Integer(attribute="number")
    count = fields.Integer()


class Messages(Schema):
    """What an opened chat has beyond a listed one."""

    messages = fields.List(fields.Nested(Message))
    has_more = fields.Boolean()
    generation = fields.Nested(RunningGeneration, allow_none=True)
    versions = fields.Dict(
        keys=fields.String(),
        values=fields.Nested(TurnVersions),
        metadata={"description": "By the id of a user's message: the turns shown that have more than one version."},
    )


class OpenChat(Chat, Messages):
    """A chat with some of its messages."""


class ChatPage(Schema):
    """A page of chats."""

    items = fields.List(fields.Nested(ListedChat))
    next_cursor = fields.String(allow_none=True)


class ChatListQuery(PageQuery):
    """Which chats."""

    archived = fields.Boolean(load_default=None)
    agent_id = fields.UUID(load_default=None)
    q = SearchWords(load_default=None)


class MessagesQuery(Query):
    """Which messages of a chat."""

    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))
    before = fields.String(load_default=None, validate=validate.Length(max=100))


class NewChat(Body):
    """A new chat with an agent."""

    agent_id = fields.UUID(required=True)
    title = StrictString(strip=True, validate=[validate.Length(1, 200), not_blank])
    metadata = JsonObject(max_bytes=METADATA_BYTES, attribute="meta")


class ChatChanges(Body):
    """Only the fields sent change."""

    title = StrictString(strip=True, validate=[validate.Length(1, 200), not_blank])
    metadata = JsonObject(max_bytes=METADATA_BYTES, attribute="meta")
    is_archived = StrictBoolean()


class NewMessage(Body):
    """A message to the agent."""

    content = StrictString(required=True, validate=[validate.Length(1, CONTENT_CHARS), not_blank])
    metadata = JsonObject(max_bytes=METADATA_BYTES)


class SendQuery(Query):
    """How the answer is wanted."""

    stream = fields.Boolean(load_default=True, metadata={"description": "false: one JSON answer at the end."})


class FollowQuery(Query):
    """Where to go on."""

    last_event_id = fields.String(
        load_default=None,
        validate=validate.Length(max=100),
        metadata={"description": "The id of the last event seen; the header Last-Event-ID goes before it."},
    )


class Stopped(Schema):
    """Whether an answer was running."""

    stopped = fields.Boolean()


class Exchange(Schema):
    """A message and its whole answer."""

    user_message = fields.Nested(Message)
    message = fields.Nested(Message)


class BulkAction(Body):
    """One act on many chats."""

    ids = fields.List(fields.UUID(), required=True, validate=validate.Length(1, 100))
    action = StrictString(required=True, validate=validate.OneOf(ACTIONS))


class BulkOutcome(Schema):
    """What came of it, in the order of the ids."""

    done = fields.List(fields.UUID())
    not_found = fields.List(fields.UUID())
