"""Feedback on answers."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from chatstream.schemas.common import Body, PageQuery, StrictString, Timestamp, not_blank
from chatstream.services.feedback import RATINGS

COMMENT_CHARS = 2000


class NewFeedback(Body):
    """What the user says of an answer; null takes it back."""

    rating = StrictString(required=True, allow_none=True, validate=validate.OneOf(RATINGS))
    comment = StrictString(load_default=None, allow_none=True, validate=[validate.Length(1, COMMENT_CHARS), not_blank])


class FeedbackQuery(PageQuery):
    """Which ratings."""

    rating = fields.String(load_default=None, validate=validate.OneOf(RATINGS))


class Counts(Schema):
    """Answers by rating."""

    up = fields.Integer()
    down = fields.Integer()


class RatedExchange(Schema):
    """A question, its answer and what the user said of it: as they were when it was rated."""

    id = fields.UUID()
    chat_id = fields.UUID()
    message_id = fields.UUID()
    user_id = fields.UUID()
    rating = fields.String(validate=validate.OneOf(RATINGS))
    comment = fields.String(allow_none=True)
    question = fields.String(allow_none=True)
    answer = fields.String()
    rated_at = Timestamp()


class AgentFeedback(Schema):
    """All counts, and a page of exchanges."""

    counts = fields.Nested(Counts)
    items = fields.List(fields.Nested(RatedExchange), attribute="page.items")
    next_cursor = fields.String(allow_none=True, attribute="page.next_cursor")
