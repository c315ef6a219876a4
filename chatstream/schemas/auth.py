"""Accounts and sessions."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from chatstream.schemas.common import Body, StrictString, Timestamp
from chatstream.services.passwords import MAX_LENGTH, MIN_LENGTH

NEW_PASSWORD = {
    "minLength": MIN_LENGTH,
    "maxLength": MAX_LENGTH,
    "description": "Not the address, nor a common one.",
}
"""Told to readers of the contract; services/passwords.py decides."""


class EmailField(fields.Email):
    """An address of at most 254 characters; a JSON string."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": True, "validate": validate.Length(max=254), **kwargs})


class User(Schema):
    """An account as its owner and its admins see it."""

    id = fields.UUID()
    team_id = fields.UUID()
    email = fields.String()
    name = fields.String()
    role = fields.String(validate=validate.OneOf(["user", "admin"]))
    is_active = fields.Boolean()
    created_at = Timestamp()


class Registration(Body):
    """A new account, in an open team by its id or in the team of an invite: one of the two must be sent."""

    email = EmailField()
    password = StrictString(required=True, metadata=NEW_PASSWORD)
    team_id = fields.UUID()
    invite = StrictString(validate=validate.Length(1, 200), metadata={"description": "The token of an invite."})
    name = StrictString(strip=True, load_default="", validate=validate.Length(max=200))

    @validates_schema
    def _one_way_in(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if "team_id" not in data and "invite" not in data:
            raise ValidationError("Send team_id or invite.", "team_id")
        if "team_id" in data and "invite" in data:
            raise ValidationError("Send team_id or invite, not both.", "invite")


class Login(Body):
    """A sign-in. A password of any length is taken and found wrong, not malformed."""

    email = StrictString(required=True, validate=validate.Length(max=320))
    password = StrictString(required=True, validate=validate.Length(max=8 * MAX_LENGTH))
    team_id = fields.UUID(load_default=None)


class PasswordChange(Body):
    """The present password and the one to come."""

    current_password = StrictString(required=True, validate=validate.Length(max=8 * MAX_LENGTH))
    new_password = StrictString(required=True, metadata=NEW_PASSWORD)


class Session(Schema):
    """One sign-in that still counts."""

    id = fields.UUID()
    created_at = Timestamp()
    last_used_at = Timestamp(metadata={"description": "Exact to 5 minutes."})
    ip = fields.String(allow_none=True, metadata={"description": "Where it was begun."})
    user_agent = fields.String()
    current = fields.Boolean(metadata={"description": "The one that asks."})


class SessionPage(Schema):
    """A page of sessions."""

    items = fields.List(fields.Nested(Session))
    next_cursor = fields.String(allow_none=True)


class LoginAnswer(Schema):
    """Who has signed in."""

    message = fields.String()
    user = fields.Nested(User)
