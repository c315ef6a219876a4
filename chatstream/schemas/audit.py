"""The audit trail."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from chatstream.schemas.common import PageQuery, Timestamp
from chatstream.services.audit import ACTIONS


class AuditEvent(Schema):
    """Who did what to whom, when, and from where."""

    id = fields.UUID()
    action = fields.String()
    actor_type = fields.String(metadata={"description": "user, or cli: the operator's command line."})
    actor_id = fields.UUID(allow_none=True)
    actor_email = fields.String(allow_none=True, metadata={"description": "As it was."})
    target_type = fields.String()
    target_id = fields.UUID()
    target_label = fields.String(metadata={"description": "An address or a name, as it was."})
    ip = fields.String(allow_none=True)
    user_agent = fields.String()
    request_id = fields.String(allow_none=True)
    details = fields.Dict(keys=fields.String())
    created_at = Timestamp()


class AuditPage(Schema):
    """A page of events."""

    items = fields.List(fields.Nested(AuditEvent))
    next_cursor = fields.String(allow_none=True)


class AuditListQuery(PageQuery):
    """Which events. Times are RFC 3339 with a zone."""

    action = fields.String(load_default=None, validate=validate.OneOf(ACTIONS))
    actor_id = fields.UUID(load_default=None)
    target_id = fields.UUID(load_default=None)
    since = fields.AwareDateTime(
        data_key="from", format="iso", load_default=None, metadata={"description": "The earliest, included."}
    )
    until = fields.AwareDateTime(
        data_key="to", format="iso", load_default=None, metadata={"description": "The latest, not included."}
    )
