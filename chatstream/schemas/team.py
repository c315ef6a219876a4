"""A team and its settings."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from chatstream.schemas.common import Body, StrictInteger, StrictString, Timestamp, not_blank

REGISTRATION = validate.OneOf(["open", "invite"])


class Team(Schema):
    """A team as its admins see it."""

    id = fields.UUID()
    name = fields.String()
    slug = fields.String()
    registration = fields.String(validate=REGISTRATION)
    retention_days = fields.Integer(allow_none=True)
    created_at = Timestamp()


class TeamChanges(Body):
    """Only the fields sent change."""

    name = StrictString(strip=True, validate=[validate.Length(1, 200), not_blank])
    registration = StrictString(
        validate=REGISTRATION,
        metadata={"description": "open: whoever knows the team's id may register; invite: only with an invite."},
    )
    retention_days = StrictInteger(
        allow_none=True,
        validate=validate.Range(1, 3650),
        metadata={"description": "Days that chats are kept; null: for ever."},
    )
