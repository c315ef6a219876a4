"""Invites."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from chatstream.schemas.auth import EmailField
from chatstream.schemas.common import Body, PageQuery, StrictInteger, StrictString, Timestamp
from chatstream.schemas.users import ROLE

MAX_HOURS = 720
STATE = validate.OneOf(["pending", "used", "expired"])


class Invite(Schema):
    """An invite as the admins of the team see it."""

    id = fields.UUID()
    role = fields.String(validate=ROLE)
    email = fields.String(allow_none=True)
    state = fields.String(validate=STATE)
    created_by = fields.UUID(allow_none=True)
    created_at = Timestamp()
    expires_at = Timestamp()
    used_at = Timestamp(allow_none=True)
    used_by = fields.UUID(allow_none=True)


class IssuedInvite(Invite):
    """A new invite."""

    token = fields.String(metadata={"description": "Shown this once."})


class InvitePage(Schema):
    """A page of invites."""

    items = fields.List(fields.Nested(Invite))
    next_cursor = fields.String(allow_none=True)


class InviteListQuery(PageQuery):
    """Which invites."""

    state = fields.String(load_default=None, validate=STATE)


class NewInvite(Body):
    """Whom to let in, as what, and for how long the invite is good."""

    email = EmailField(
        required=False, allow_none=True, metadata={"description": "The one address that may use it; else anybody."}
    )
    role = StrictString(load_default="user", validate=ROLE)
    expires_in_h = StrictInteger(
        validate=validate.Range(1, MAX_HOURS), metadata={"description": "Hours; 72 unless set otherwise."}
    )
