"""Search."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from chatstream.schemas.chats import Message
from chatstream.schemas.common import PageQuery, SearchWords


class SearchQuery(PageQuery):
    """What to look for, and where. Times are RFC 3339 with a zone."""

    q = SearchWords(required=True)
    agent_id = fields.UUID(load_default=None)
    archived = fields.Boolean(load_default=None)
    role = fields.String(load_default=None, validate=validate.OneOf(["user", "assistant"]))
    since = fields.AwareDateTime(
        data_key="from", format="iso", load_default=None, metadata={"description": "The earliest, included."}
    )
    until = fields.AwareDateTime(
        data_key="to", format="iso", load_default=None, metadata={"description": "The latest, not included."}
    )


class Hit(Schema):
    """A message that was found; or a title, where no message of its chat was."""

    chat_id = fields.UUID()
    chat_title = fields.String(allow_none=True)
    message = fields.Nested(Message, allow_none=True, metadata={"description": "null: the title was found."})
    snippet = fields.String(metadata={"description": "HTML: escaped, the words found in <mark>."})
    rank = fields.Float(metadata={"description": "Higher is better; compares within one search only."})


class HitPage(Schema):
    """A page of hits."""

    items = fields.List(fields.Nested(Hit))
    next_cursor = fields.String(allow_none=True)
