"""Password resets."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from chatstream.schemas.auth import NEW_PASSWORD
from chatstream.schemas.common import Body, StrictString, Timestamp


class IssuedReset(Schema):
    """A token that replaces a user's password once."""

    user_id = fields.UUID()
    token = fields.String(metadata={"description": "Shown this once."})
    expires_at = Timestamp()


class PasswordReset(Body):
    """A new password, and the token that allows it."""

    token = StrictString(required=True, validate=validate.Length(1, 200))
    new_password = StrictString(required=True, metadata=NEW_PASSWORD)
