"""The members of a team, for its admins."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from chatstream.schemas.auth import User
from chatstream.schemas.common import Body, PageQuery, StrictBoolean, StrictString

ROLE = validate.OneOf(["user", "admin"])


class UserPage(Schema):
    """A page of accounts."""

    items = fields.List(fields.Nested(User))
    next_cursor = fields.String(allow_none=True)


class UserListQuery(PageQuery):
    """Which accounts."""

    role = fields.String(load_default=None, validate=ROLE)
    is_active = fields.Boolean(load_default=None)
    q = fields.String(
        load_default=None,
        validate=validate.Length(max=254),
        metadata={"description": "A part of the address or the name."},
    )


class UserChanges(Body):
    """Only the fields sent change."""

    role = StrictString(validate=ROLE)
    is_active = StrictBoolean()
