"""What a team's agents have been doing, in figures."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from chatstream.schemas.common import Query, Timestamp
from chatstream.services.activity import AGENTS, AT_MOST, PERIODS

PERIOD = validate.OneOf(PERIODS)


class ActivityQuery(Query):
    """How far back."""

    period = fields.String(
        load_default="hour",
        validate=PERIOD,
        metadata={"description": "hour: by the minute; day: by quarters of an hour."},
    )


class StatusCounts(Schema):
    """Answers by status."""

    running = fields.Integer()
    complete = fields.Integer()
    stopped = fields.Integer()
    error = fields.Integer()
    interrupted = fields.Integer()


class Quantiles(Schema):
    """Milliseconds that half and 95 % of the answers stayed within."""

    p50 = fields.Integer(allow_none=True)
    p95 = fields.Integer(allow_none=True)


class Answers(Schema):
    """Answers, and how long they took."""

    counts = fields.Nested(StatusCounts)
    first_token_ms = fields.Nested(Quantiles)
    duration_ms = fields.Nested(Quantiles, metadata={"description": "Of those that are complete."})


class AgentAnswers(Schema):
    """The answers of one agent, which may have been deleted since."""

    agent_id = fields.UUID()
    name = fields.String()
    answers = fields.Nested(Answers)


class ActivityStep(Schema):
    """The answers that began within one step."""

    at = Timestamp(metadata={"description": "Its start."})
    answers = fields.Nested(Answers)


class FailureCount(Schema):
    """How many answers failed with a code."""

    code = fields.String()
    count = fields.Integer()


class Activity(Schema):
    """The answers that began within the period."""

    period = fields.String(validate=PERIOD)
    since = Timestamp()
    until = Timestamp(metadata={"description": "Now."})
    counted_since = Timestamp(
        metadata={"description": f"Later than since where there were more than {AT_MOST} answers: those before it."}
    )
    step_s = fields.Integer(metadata={"description": "Seconds in a step."})
    running = fields.Integer(metadata={"description": "Answers that are running now, whenever they began."})
    total = fields.Nested(Answers)
    agents = fields.List(
        fields.Nested(AgentAnswers), metadata={"description": f"The {AGENTS} with the most answers, those first."}
    )
    steps = fields.List(fields.Nested(ActivityStep), metadata={"description": "All of the period, oldest first."})
    failures = fields.List(fields.Nested(FailureCount), metadata={"description": "Most frequent first."})
