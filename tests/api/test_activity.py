"""What a team's admins are told of its answers."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from chatstream.extensions import db
from chatstream.models import Chat, Generation
from chatstream.services import activity
from chatstream.services.clock import rfc3339
from tests.conftest import SignIn
from tests.support.queries import counted
from tests.support.world import Account, World

NOTHING = {"complete": 0, "stopped": 0, "error": 0, "interrupted": 0, "running": 0}
NO_TIMES = {"p50": None, "p95": None}


@pytest.fixture
def admin(world: World) -> Account:
    return world.account(role="admin")


@pytest.fixture
def client(sign_in: SignIn, admin: Account) -> FlaskClient:
    return sign_in(admin)


class Answering:
    """Writes answers that began some time before ``now``."""

    def __init__(self, app: Flask, account: Account, agent_id: str) -> None:
        self._app = app
        self._keys = {"user_id": account.id, "agent_id": uuid.UUID(agent_id)}
        self._team_id = account.team_id
        with app.app_context():
            self.now: datetime = db.session.execute(text("SELECT now()")).scalar_one()

    def add(self, minutes: float, status: str = "complete", *, took_s: float = 2, **fields: Any) -> None:
        """One that began so many minutes ago, in a chat of its own."""
        with self._app.app_context():
            chat = Chat(team_id=self._team_id, **self._keys)
            db.session.add(chat)
            db.session.flush()
            began = self.now - timedelta(minutes=minutes)
            finished = None if status == "running" else began + timedelta(seconds=took_s)
            times = {"started_at": began, "finished_at": finished}
            db.session.add(Generation(chat_id=chat.id, status=status, **self._keys, **times, **fields))
            db.session.commit()


def ask(client: FlaskClient, **query: str) -> Any:
    answer = client.get("/api/team/activity", query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def test_a_team_without_answers_has_every_step_and_nothing_in_it(client: FlaskClient) -> None:
    for period, step_s, count in (("hour", 60, 60), ("day", 900, 96)):
        told = ask(client, period=period)
        assert (told["period"], told["step_s"], told["running"]) == (period, step_s, 0)
        nothing = {"counts": NOTHING, "first_token_ms": NO_TIMES, "duration_ms": NO_TIMES}
        assert told["total"] == nothing
        assert (told["agents"], told["failures"]) == ([], [])
        assert [step["answers"] for step in told["steps"]] == [nothing] * count
        starts = [datetime.fromisoformat(step["at"]) for step in told["steps"]]
        assert starts == [starts[0] + timedelta(seconds=step_s) * n for n in range(count)]
        assert told["since"] == told["counted_since"] == told["steps"][0]["at"]
        assert starts[-1] <= datetime.fromisoformat(told["until"]) < starts[-1] + timedelta(seconds=step_s)


def test_answers_are_counted_by_status_agent_step_and_code(
    app: Flask, world: World, client: FlaskClient, admin: Account
) -> None:
    busy, quiet = world.agent(admin.team_id), world.agent(admin.team_id)
    answering = Answering(app, admin, busy)
    for number in range(1, 21):
        answering.add(5, first_token_ms=number * 100, took_s=number)
    answering.add(5, "error", error_code="upstream_timeout", took_s=900)
    answering.add(7, "error", error_code="upstream_empty", first_token_ms=2500)
    answering.add(7, "error", error_code="upstream_timeout")
    answering.add(9, "stopped")
    answering.add(200, "interrupted")
    waiting = Answering(app, admin, quiet)
    waiting.add(1, "running")
    waiting.add(3000, "running")
    told = ask(client)
    assert told["running"] == 2
    assert told["total"]["counts"] == {"complete": 20, "stopped": 1, "error": 3, "interrupted": 0, "running": 1}
    assert told["total"]["first_token_ms"] == {"p50": 1100, "p95": 2000}
    assert told["total"]["duration_ms"] == {"p50": 10500, "p95": 19050}
    assert told["failures"] == [{"code": "upstream_timeout", "count": 2}, {"code": "upstream_empty", "count": 1}]
    assert [(one["agent_id"], sum(one["answers"]["counts"].values())) for one in told["agents"]] == [
        (busy, 24),
        (quiet, 1),
    ]
    assert told["agents"][0]["answers"] == {
        **told["total"],
        "counts": {**told["total"]["counts"], "running": 0},
    }
    assert told["agents"][1]["answers"]["first_token_ms"] == NO_TIMES
    filled = {step["at"]: sum(step["answers"]["counts"].values()) for step in told["steps"]}
    expected = [(answering, 9, 1), (answering, 7, 2), (answering, 5, 21), (waiting, 1, 1)]
    assert {at: count for at, count in filled.items() if count} == {
        rfc3339((who.now - timedelta(minutes=minutes)).replace(second=0, microsecond=0)): count
        for who, minutes, count in expected
    }
    day = ask(client, period="day")
    assert day["total"]["counts"] == {**told["total"]["counts"], "interrupted": 1}
    assert sum(sum(step["answers"]["counts"].values()) for step in day["steps"]) == 26


def test_another_team_counts_for_nothing(
    app: Flask, world: World, sign_in: SignIn, client: FlaskClient, admin: Account
) -> None:
    Answering(app, admin, world.agent(admin.team_id)).add(1, "running")
    stranger = world.account(role="admin")
    told = ask(sign_in(stranger))
    assert (told["running"], told["agents"], told["total"]["counts"]) == (0, [], NOTHING)
    assert ask(client)["running"] == 1


def test_a_deleted_agent_is_named_still(app: Flask, world: World, client: FlaskClient, admin: Account) -> None:
    agent = world.agent(admin.team_id)
    Answering(app, admin, agent).add(1)
    assert client.delete(f"/api/agents/{agent}").status_code == 204
    assert [(one["agent_id"], one["name"]) for one in ask(client)["agents"]] == [(agent, "Agent")]


def test_of_too_many_the_newest_count_and_it_is_said_since_when(
    app: Flask, world: World, client: FlaskClient, admin: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    for agent in (world.agent(admin.team_id), world.agent(admin.team_id)):
        answering = Answering(app, admin, agent)
        for minutes in (1, 2, 3, 30):
            answering.add(minutes)
    monkeypatch.setattr(activity, "AT_MOST", 6)
    told = ask(client)
    assert told["total"]["counts"] == {**NOTHING, "complete": 6}
    assert [one["answers"]["counts"]["complete"] for one in told["agents"]] == [3, 3]
    since = datetime.fromisoformat(told["counted_since"])
    assert timedelta(minutes=3) <= datetime.now(UTC) - since < timedelta(minutes=4)
    monkeypatch.setattr(activity, "AT_MOST", 9)
    told = ask(client)
    assert told["counted_since"] == told["since"]
    assert told["total"]["counts"] == {**NOTHING, "complete": 8}


def test_it_takes_the_same_queries_for_one_agent_and_for_many(
    app: Flask, world: World, client: FlaskClient, admin: Account
) -> None:
    seen = []
    for count in (1, 10):
        for _ in range(count):
            Answering(app, admin, world.agent(admin.team_id)).add(1)
        ask(client)  # the caller is looked up once
        with counted(app) as statements:
            ask(client)
        seen.append(len(statements))
    assert seen == [3, 3]


@pytest.mark.parametrize("period", ["week", "", "HOUR"])
def test_an_unknown_period_is_named(client: FlaskClient, period: str) -> None:
    answer = client.get("/api/team/activity", query_string={"period": period})
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["period"])


def test_users_may_not(world: World, sign_in: SignIn) -> None:
    answer = sign_in(world.account()).get("/api/team/activity")
    assert (answer.status_code, answer.get_json()["code"]) == (403, "admin_required")
