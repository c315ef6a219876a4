"""Activity: what a team's agents have been doing, in figures for its admins.

Counted from the generations themselves, so that every node and every restart tells the same; chats that were purged
count no more. The newest AT_MOST answers of a period are looked at, whatever the team asks for.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, Select, func, select, text, tuple_

from chatstream.extensions import db
from chatstream.models import Agent, Generation
from chatstream.models.generation import STATUSES
from chatstream.services.principals import Principal

Period = Literal["hour", "day"]
PERIODS: tuple[Period, ...] = get_args(Period)

AT_MOST = 20_000
"""Answers that are looked at: a bound on what a look at a busy team costs."""
AGENTS = 50
FAILURES = 20

_STEPS: dict[Period, tuple[timedelta, int]] = {
    "hour": (timedelta(minutes=1), 60),
    "day": (timedelta(minutes=15), 96),
}
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_SHARES = (0.5, 0.95)


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Milliseconds that half and 95 % of the answers stayed within; None without any."""

    p50: int | None = None
    p95: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Answers by their status, and how long they took."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STATUSES, 0))
    first_token_ms: Quantiles = Quantiles()
    duration_ms: Quantiles = Quantiles()
    """Of those that are complete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentAnswers:
    """Those of one agent, which may have been deleted since."""

    agent_id: uuid.UUID
    name: str
    answers: Answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Those that began within one step of the period, which starts ``at``."""

    at: datetime
    answers: Answers


@dataclass(frozen=True, slots=True)
class FailureCount:
    """How many answers failed with a code."""

    code: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What came of the answers that began since ``since``, until now.

    ``counted_since`` is later than that when the team had more than AT_MOST of them.
    """

    period: Period
    since: datetime
    until: datetime
    counted_since: datetime
    step_s: int
    running: int
    total: Answers
    agents: Sequence[AgentAnswers]
    steps: Sequence[Step]
    failures: Sequence[FailureCount]


def of_team(principal: Principal, *, period: Period = "hour") -> Activity:
    """The activity of the caller's team within the last hour, in minutes, or day, in quarters of an hour."""
    width, count = _STEPS[period]
    until, running = _running(principal)
    last = _EPOCH + (until - _EPOCH) // width * width
    since = last - width * (count - 1)
    groups = db.session.execute(_grouped(principal, since, width)).all()
    total = next((row for row in groups if row.kind == _TOTAL), None)
    by_step = {row.step: _answers(row) for row in groups if row.kind == _BY_STEP}
    failed = [FailureCount(row.error_code, row.error) for row in groups if row.kind == _BY_CODE and row.error_code]
    return Activity(
        period=period,
        since=since,
        until=until,
        counted_since=total.earliest if total and total.seen >= AT_MOST else since,
        step_s=int(width.total_seconds()),
        running=running,
        total=_answers(total) if total else Answers(),
        agents=_agents(principal, {row.agent_id: row for row in groups if row.kind == _BY_AGENT}),
        steps=[Step(at=at, answers=by_step.get(at, Answers())) for at in (since + width * n for n in range(count))],
        failures=sorted(failed, key=lambda one: (-one.count, one.code))[:FAILURES],
    )


def _running(principal: Principal) -> tuple[datetime, int]:
    query = (
        select(func.now(), func.count())
        .select_from(Generation)
        .join(Agent, Agent.id == Generation.agent_id)
        .where(Generation.status == "running", Agent.team_id == principal.team_id)
    )
    now, count = db.session.execute(query).one()
    return now, count


_BY_AGENT, _BY_STEP, _BY_CODE, _TOTAL = 0b011, 0b101, 0b110, 0b111
"""PostgreSQL's grouping(): a bit for each column that a row is not grouped by."""


def _grouped(principal: Principal, since: datetime, width: timedelta) -> Select[Any]:
    """All groups in one walk over the answers; each agent's are found by its index, newest first."""
    newest = (
        select(
            *(Generation.status, Generation.error_code, Generation.first_token_ms),
            *(Generation.started_at, Generation.finished_at),
        )
        .where(Generation.agent_id == Agent.id, Generation.started_at >= since)
        .order_by(Generation.started_at.desc())
        .limit(AT_MOST)
        .lateral("newest")
    )
    answers = (
        select(Agent.id.label("agent_id"), newest, func.date_bin(width, newest.c.started_at, _EPOCH).label("step"))
        .join(newest, text("true"))
        .where(Agent.team_id == principal.team_id)
        .order_by(newest.c.started_at.desc())
        .limit(AT_MOST)
        .subquery("answers")
    ).c
    groups = (answers.agent_id, answers.step, answers.error_code)
    took_ms = func.extract("epoch", answers.finished_at - answers.started_at) * 1000
    return select(
        *groups,
        func.grouping(*groups).label("kind"),
        func.count().label("seen"),
        func.min(answers.started_at).label("earliest"),
        *(func.count().filter(answers.status == status).label(status) for status in STATUSES),
        _quantiles(answers.first_token_ms, answers.first_token_ms.is_not(None)).label("first_token_ms"),
        _quantiles(took_ms, answers.status == "complete").label("duration_ms"),
    ).group_by(func.grouping_sets(*groups, tuple_()))


def _quantiles(value: ColumnElement[Any], which: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.percentile_cont(list(_SHARES)).within_group(value).filter(which)


def _answers(row: Any) -> Answers:
    return Answers(
        counts={status: getattr(row, status) for status in STATUSES},
        first_token_ms=_rounded(row.first_token_ms),
        duration_ms=_rounded(row.duration_ms),
    )


def _rounded(values: Sequence[float] | None) -> Quantiles:
    return Quantiles(*map(round, values)) if values else Quantiles()


def _agents(principal: Principal, rows: dict[uuid.UUID, Any]) -> list[AgentAnswers]:
    """The busiest first."""
    busiest = sorted(rows.values(), key=lambda row: (-row.seen, row.agent_id))[:AGENTS]
    query = select(Agent.id, Agent.name).where(Agent.team_id == principal.team_id)
    named = db.session.execute(query.where(Agent.id.in_([row.agent_id for row in busiest])))
    names: dict[uuid.UUID, str] = {row.id: row.name for row in named}
    return [AgentAnswers(agent_id=row.agent_id, name=names[row.agent_id], answers=_answers(row)) for row in busiest]
