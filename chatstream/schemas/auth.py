"""Accounts and sessions."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from chatstream.schemas.common import Body, StrictString, Timestamp
from chatstream.services.passwords import MAX_LENGTH


class EmailField(fields.Email):
    """An address of at most 254 characters; a JSON string."""

    def __init__(self) -> None:
        super().__init__(required=True, validate=validate.Length(max=254))


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
    """A new account."""

    email = EmailField()
    password = StrictString(required=True, metadata={"description": "8 to 128 characters."})
    team_id = fields.UUID(required=True)
    name = StrictString(strip=True, load_default="", validate=validate.Length(max=200))


class Login(Body):
    """A sign-in. A password of any length is taken and found wrong, not malformed."""

    email = StrictString(required=True, validate=validate.Length(max=320))
    password = StrictString(required=True, validate=validate.Length(max=8 * MAX_LENGTH))
    team_id = fields.UUID(load_default=None)


class PasswordChange(Body):
    """The present password and the one to come."""

    current_password = StrictString(required=True, validate=validate.Length(max=8 * MAX_LENGTH))
    new_password = StrictString(required=True, metadata={"description": "8 to 128 characters."})


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
