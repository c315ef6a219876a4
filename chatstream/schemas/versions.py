"""Versions of turns, and what makes another."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from chatstream.schemas.chats import CONTENT_CHARS, Message
from chatstream.schemas.common import Body, StrictString, Timestamp, not_blank


class EditedMessage(Body):
    """A message in other words; its metadata stay."""

    content = StrictString(required=True, validate=[validate.Length(1, CONTENT_CHARS), not_blank])


class Version(Schema):
    """A version of a turn."""

    n = fields.Integer(attribute="number", metadata={"description": "Counted from 1 in the order of their making."})
    created_at = Timestamp()
    current = fields.Boolean(attribute="is_current", metadata={"description": "It is the one in the chat."})
    message_count = fields.Integer(metadata={"description": "The turn's messages, and all that followed them."})
    messages = fields.List(
        fields.Nested(Message),
        metadata={"description": "The user's message and the first after it, the answer; none while it is written."},
    )


class VersionPage(Schema):
    """A page of versions."""

    items = fields.List(fields.Nested(Version))
    next_cursor = fields.String(allow_none=True)
