"""Fields and shapes that several schemas share."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, validate

from chatstream.services.clock import rfc3339


class Timestamp(fields.DateTime):
    """RFC 3339 in UTC with a trailing Z."""

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:  # noqa: ARG002
        return None if value is None else rfc3339(value)


class JsonObject(fields.Dict):
    """Any JSON object of at most ``max_bytes`` as JSON."""

    def __init__(self, *, max_bytes: int, **kwargs: Any) -> None:
        super().__init__(keys=fields.String(), **kwargs)
        self.max_bytes = max_bytes

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        document = super()._deserialize(value, attr, data, **kwargs)  # type: ignore[no-untyped-call]
        if len(json.dumps(document)) > self.max_bytes:
            raise ValidationError(f"Must be at most {self.max_bytes} bytes as JSON.")
        return document


class StrictString(fields.String):
    """A JSON string and nothing else; ``strip`` takes the white space off its ends."""

    def __init__(self, *, strip: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.strip = strip

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        text = super()._deserialize(value, attr, data, **kwargs)
        return text.strip() if self.strip else text


class StrictBoolean(fields.Boolean):
    """``true`` or ``false``: no "yes", no 1."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs)


class StrictInteger(fields.Integer):
    """A JSON number without a fraction: no "5", no true."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strict=True, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs)


class SearchWords(fields.String):
    """What is typed into a search box."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            validate=[validate.Length(1, 200), not_blank],
            metadata={"description": 'Words; "several as they stand"; -not this one. The last may be a beginning.'},
            **kwargs,
        )


def not_blank(value: str) -> None:
    """Raise ValidationError for a text of white space only."""
    if not value.strip():
        raise ValidationError("Must not be blank.")


class Body(Schema):
    """A request body: unknown fields are refused."""

    class Meta:
        unknown = RAISE


class Query(Schema):
    """Query parameters: unknown ones are passed over."""

    class Meta:
        unknown = EXCLUDE


class PageQuery(Query):
    """Where in a list, and how much of it."""

    limit = fields.Integer(load_default=20, validate=validate.Range(1, 100))
    cursor = fields.String(load_default=None, validate=validate.Length(max=200))


class MessageOnly(Schema):
    """``{"message": …}``."""

    message = fields.String()


class Problem(Schema):
    """An error: application/problem+json (RFC 9457)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    code = fields.String(required=True, metadata={"description": "A stable word to switch on."})
    request_id = fields.String(required=True)
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        metadata={"description": "On 422: the reasons by field, inner fields with a dot."},
    )
