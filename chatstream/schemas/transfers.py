"""Chats as documents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from marshmallow import ValidationError, fields, validate

from chatstream.schemas.chats import METADATA_BYTES, Chat, Message
from chatstream.schemas.common import Body, JsonObject, Query, StrictBoolean, StrictInteger, StrictString, not_blank
from chatstream.services.clock import now

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ExportQuery(Query):
    """Which form of document."""

    format = fields.String(load_default="json", validate=validate.OneOf(["json", "markdown"]))


class ChatDocument(Chat):
    """A chat with all its messages."""

    version = fields.Integer(validate=validate.Equal(1))
    messages = fields.List(fields.Nested(Message))


def _is_past(value: datetime) -> None:
    """Raise ValidationError for a time before 1970, or later than a clock may be wrong."""
    if not EPOCH <= value <= now() + timedelta(days=1):
        raise ValidationError("Must be a time from 1970 to now.")


class ImportedChat(Body):
    """What counts of a document beside its messages. The rest of what an export has is passed over."""

    version = StrictInteger(required=True, load_only=True, validate=validate.Equal(1))
    agent_id = fields.UUID(required=True)
    title = StrictString(allow_none=True, strip=True, validate=[validate.Length(1, 200), not_blank])
    metadata = JsonObject(max_bytes=METADATA_BYTES, attribute="meta")
    is_archived = StrictBoolean()
    created_at = fields.AwareDateTime(format="iso", validate=_is_past)
    updated_at = fields.AwareDateTime(format="iso", validate=_is_past)
    id = fields.Raw()
    team_id = fields.Raw()
    user_id = fields.Raw()
    message_count = fields.Raw()
