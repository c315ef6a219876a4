"""Agents."""

from __future__ import annotations

from typing import Any

from flask_smorest.fields import Upload
from marshmallow import INCLUDE, Schema, ValidationError, fields, validate

from chatstream.schemas.common import (
    Body,
    JsonObject,
    PageQuery,
    Query,
    StrictBoolean,
    StrictString,
    Timestamp,
    not_blank,
)

CONFIG_BYTES = 64 * 1024


class SteeringKeys(Schema):
    """The keys of an agent's config that steer the server; any other goes to the workflow as it is."""

    class Meta:
        unknown = INCLUDE

    model = fields.Raw()
    history_limit = fields.Integer(strict=True, validate=validate.Range(1, 1000))
    request_format = StrictString(validate=validate.OneOf(["chatstream", "n8n_chat"]))
    title_webhook = StrictString(validate=validate.Length(1, 2000))
    idle_timeout_s = fields.Float(validate=validate.Range(1, 3600))
    total_timeout_s = fields.Float(validate=validate.Range(1, 3600))


class Config(JsonObject):
    """An agent's config: a JSON object whose steering keys are checked."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        config = super()._deserialize(value, attr, data, **kwargs)
        errors = SteeringKeys().validate(config)
        for name in ("idle_timeout_s", "total_timeout_s", "history_limit"):
            if name in config and (isinstance(config[name], bool) or not isinstance(config[name], int | float)):
                errors[name] = ["Not a valid number."]
        if errors:
            raise ValidationError(errors)
        return config


class Agent(Schema):
    """An agent. The last four fields are shown to admins only."""

    id = fields.UUID()
    team_id = fields.UUID()
    name = fields.String()
    description = fields.String()
    avatar_url = fields.String(allow_none=True)
    is_active = fields.Boolean()
    created_by = fields.UUID(allow_none=True)
    created_at = Timestamp()
    updated_at = Timestamp()
    webhook_url = fields.String()
    has_webhook_token = fields.Boolean()
    system_prompt = fields.String()
    config = fields.Dict(keys=fields.String())


class AgentPage(Schema):
    """A page of agents."""

    items = fields.List(fields.Nested(Agent))
    next_cursor = fields.String(allow_none=True)


class Name(StrictString):
    """What an agent is called."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strip=True, validate=[validate.Length(1, 200), not_blank], **kwargs)


class WebhookUrl(StrictString):
    """Where an agent's workflow is called; whether it may be is for the service to say."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(1, 2000), metadata={"format": "uri"}, **kwargs)


class AgentChanges(Body):
    """The fields of an agent that an admin may set. Only those sent change."""

    name = Name()
    description = StrictString(validate=validate.Length(max=2000))
    webhook_url = WebhookUrl()
    webhook_token = StrictString(
        allow_none=True,
        validate=[
            validate.Length(1, 4096),
            validate.Regexp(r"^[\x21-\x7e]+$", error="Must be printable ASCII without spaces."),
        ],
        metadata={"description": "Write-only. null takes it away."},
    )
    system_prompt = StrictString(validate=validate.Length(max=32_000))
    config = Config(max_bytes=CONFIG_BYTES)
    is_active = StrictBoolean()


class NewAgent(AgentChanges):
    """A new agent: name and webhook_url are required."""

    name = Name(required=True)
    webhook_url = WebhookUrl(required=True)


class AgentListQuery(PageQuery):
    """Which agents."""

    include_inactive = fields.Boolean(load_default=False, metadata={"description": "For admins."})


class NewAvatar(Body):
    """An uploaded picture."""

    file = Upload(
        required=True,
        metadata={"description": "PNG, JPEG, GIF or WebP by its content; at most 2 MiB and 25 megapixels."},
    )


class AvatarQuery(Query):
    """Which version of an avatar: what ``avatar_url`` says."""

    v = fields.String(load_default=None, validate=validate.Length(max=64))


class Diagnosis(Schema):
    """What came of a probe. ``code`` is there when it failed: one of the stream's, or ``token_unreadable``."""

    ok = fields.Boolean()
    code = fields.String()
    detail = fields.String(metadata={"description": "What happened and what to change in the workflow."})
    status_code = fields.Integer(allow_none=True, metadata={"description": "The workflow's HTTP status."})
    format = fields.String(
        allow_none=True, validate=validate.OneOf(["n8n_lines", "server_sent_events", "json", "text", None])
    )
    streaming = fields.Boolean(metadata={"description": "false when the text came in one piece."})
    chunks = fields.Integer(metadata={"description": "Pieces of text."})
    time_to_first_byte_ms = fields.Integer(
        allow_none=True, metadata={"description": "To the first byte of the body; null when none came."}
    )
    total_ms = fields.Integer()
    sample = fields.String(allow_none=True, metadata={"description": "The start of the text."})
