"""Failures, as the team's admins see them: without their stacks."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from chatstream.schemas.common import PageQuery, Timestamp
from chatstream.services.error_logs import SEVERITIES


class ErrorLog(Schema):
    """What failed, how often within an hour, and whose it was the last time."""

    id = fields.UUID()
    severity = fields.String(metadata={"description": ", ".join(SEVERITIES)})
    code = fields.String(metadata={"description": "The code that the user was shown; job_failed, degraded."})
    message = fields.String(metadata={"description": "Of a workflow: what it said."})
    count = fields.Integer()
    first_seen_at = Timestamp(attribute="created_at")
    last_seen_at = Timestamp()
    request_id = fields.String(allow_none=True)
    method = fields.String(allow_none=True)
    path = fields.String(allow_none=True)
    user_id = fields.UUID(allow_none=True)
    agent_id = fields.UUID(allow_none=True)
    chat_id = fields.UUID(allow_none=True)
    context = fields.Dict(keys=fields.String())


class ErrorLogPage(Schema):
    """A page of failures."""

    items = fields.List(fields.Nested(ErrorLog))
    next_cursor = fields.String(allow_none=True)


class ErrorLogListQuery(PageQuery):
    """Which failures. Times are RFC 3339 with a zone."""

    severity = fields.String(load_default=None, validate=validate.OneOf(SEVERITIES))
    code = fields.String(load_default=None, validate=validate.Regexp(r"[a-z0-9_]{1,50}\Z"))
    agent_id = fields.UUID(load_default=None)
    chat_id = fields.UUID(load_default=None)
    since = fields.AwareDateTime(
        format="iso", load_default=None, metadata={"description": "Seen at that time or later."}
    )
    until = fields.AwareDateTime(format="iso", load_default=None, metadata={"description": "Seen before that time."})
