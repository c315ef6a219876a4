"""error_logs: written whatever becomes of the request, counted, bounded, and for the team's admins alone."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, NullPool, create_engine, text

from chatstream.extensions import db
from chatstream.http.services import services
from chatstream.services import error_logs, failure_queue
from chatstream.services.error_logs import Failure
from chatstream.services.failure_queue import FailureQueue
from chatstream.services.scrubbing import scrubbed, stack_of
from tests.api.test_cli import run
from tests.conftest import SignIn
from tests.support.queries import counted
from tests.support.world import Account, World


def rows(app: Flask) -> list[dict[str, Any]]:
    with app.app_context():
        found = db.session.execute(text("SELECT * FROM error_logs ORDER BY created_at, code")).mappings()
        return [dict(row) for row in found]


def listed(client: FlaskClient, query: str = "") -> list[dict[str, Any]]:
    answer = client.get(f"/api/error-logs{query}")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.get_json()["items"]
    return items


@pytest.fixture
def boss(world: World) -> Account:
    return world.account(role="admin")


@pytest.fixture
def engine(variables: dict[str, str]) -> Iterator[Engine]:
    """As the queue has it in the application."""
    url = variables["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg2://")
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT", hide_parameters=True)
    yield engine
    engine.dispose()


def kept_queue(engine: Engine) -> FailureQueue:
    """A queue that only writes when it is told to, as if its greenlet ran."""
    queue = FailureQueue(engine)
    queue._is_kept = True
    return queue


def test_a_failure_outlives_its_transaction_and_is_counted(
    app: Flask, boss: Account, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        db.session.execute(text("UPDATE teams SET name = 'lost'"))
        db.session.execute(text("SELECT 1 / 0"))

    monkeypatch.setattr("chatstream.services.chats.page", fail)
    client = sign_in(boss)
    answers = [client.get("/api/chats/", headers={"X-Request-ID": f"request-{n}"}) for n in range(3)]
    assert [answer.status_code for answer in answers] == [500] * 3
    (row,) = rows(app)
    assert (row["severity"], row["code"], row["count"], row["request_id"]) == (
        "critical",
        "internal_error",
        3,
        "request-2",
    )
    assert (row["team_id"], row["user_id"], row["method"]) == (boss.team_id, boss.id, "GET")
    assert row["created_at"] < row["last_seen_at"]
    assert "division by zero" in row["stack"]
    with app.app_context():
        assert db.session.scalar(text("SELECT count(*) FROM teams WHERE name = 'lost'")) == 0


def test_named_5xx_are_kept_and_4xx_are_not(app: Flask, boss: Account, sign_in: SignIn) -> None:
    client = sign_in(boss)
    client.get(f"/api/chats/{uuid.uuid4()}")
    assert rows(app) == []
    with app.app_context():
        slots = services().accounts.hasher._offload._slots
    taken = sum(1 for _ in iter(lambda: slots.acquire(blocking=False), False))
    body = {"current_password": "a fine password", "new_password": "another fine one"}
    answer = client.post("/api/auth/password", json=body)
    for _ in range(taken):
        slots.release()
    assert answer.status_code == 503
    (row,) = rows(app)
    assert (row["code"], row["severity"], row["path"]) == ("busy", "warning", "/api/auth/password")


def test_what_is_logged_of_a_background_job_is_kept_with_its_stack(app: Flask) -> None:
    log = logging.getLogger("chatstream.services.generations.runner")
    with app.app_context():
        for number in range(2):
            try:
                raise ValueError("Bearer canary-token and postgresql://me:canary-secret@host/x")
            except ValueError:
                log.exception("job %d of a keeper failed", number)
    (row,) = rows(app)
    assert (row["code"], row["severity"], row["count"]) == ("job_failed", "error", 2)
    assert row["message"] == "job 1 of a keeper failed"
    assert "ValueError" in row["stack"]
    assert "canary" not in str(row)


def test_admins_see_what_failed_in_their_team(app: Flask, boss: Account, world: World, sign_in: SignIn) -> None:
    agents, chats = [uuid.uuid4() for _ in range(2)], [uuid.uuid4() for _ in range(3)]
    with app.app_context():
        for number, chat_id in enumerate(chats):
            failure = Failure(
                code=("upstream_reset", "upstream_timeout", "upstream_reset")[number],
                severity=("error", "error", "critical")[number],
                message="Connection reset.",
                stack="Traceback: canary-stack",
                team_id=boss.team_id,
                agent_id=agents[number % 2],
                chat_id=chat_id,
            )
            for _ in range(number + 1):
                error_logs.record(failure)
        error_logs.record(Failure(code="upstream_reset", message="x", team_id=world.team(), chat_id=chats[0]))
        error_logs.record(Failure(code="job_failed", message="x"))
        db.session.commit()
    client = sign_in(boss)
    everything = listed(client)
    assert [(row["chat_id"], row["count"]) for row in everything] == [
        (str(chat_id), number + 1) for number, chat_id in reversed(list(enumerate(chats)))
    ]
    assert "canary-stack" not in str(everything)
    assert everything[0]["first_seen_at"].endswith("Z")
    assert listed(client, "?code=upstream_reset") == [everything[0], everything[2]]
    assert listed(client, "?severity=critical") == everything[:1]
    assert listed(client, f"?agent_id={agents[1]}") == everything[1:2]
    assert listed(client, f"?chat_id={chats[0]}") == everything[2:]
    assert listed(client, "?since=2000-01-01T00:00:00Z&until=2100-01-01T00:00:00Z") == everything
    assert listed(client, "?since=2100-01-01T00:00:00Z") == listed(client, "?until=2000-01-01T00:00:00Z") == []
    first = client.get("/api/error-logs?limit=1").get_json()
    with counted(app) as statements:
        rest = listed(client, f"?cursor={first['next_cursor']}")
    assert first["items"] + rest == everything
    assert len(statements) <= 2
    refused = sign_in(world.account(boss.team_id)).get("/api/error-logs")
    assert (refused.status_code, refused.get_json()["code"]) == (403, "admin_required")
    assert listed(sign_in(world.account(role="admin"))) == []


@pytest.mark.parametrize("query", ["severity=bad", "code=No!", "agent_id=x", "chat_id=1", "since=now", "cursor=x"])
def test_bad_filters_are_named(boss: Account, sign_in: SignIn, query: str) -> None:
    answer = sign_in(boss).get(f"/api/error-logs?{query}")
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [query.partition("=")[0]])


def test_a_database_that_is_away_loses_nothing_that_there_is_room_for(app: Flask, engine: Engine) -> None:
    away = create_engine("postgresql+psycopg2://127.0.0.1:9/x", poolclass=NullPool)
    queue = kept_queue(away)
    for number in range(failure_queue.ROOM + 7):
        queue.put(Failure(code="job_failed", message="x", chat_id=uuid.UUID(int=number)))
    for _ in range(3):
        queue.put(Failure(code="job_failed", message="y", chat_id=uuid.UUID(int=0)))
    queue.flush()
    assert rows(app) == []
    queue._engine = engine
    queue.flush()
    assert len(rows(app)) == failure_queue.AT_ONCE, "not all at once"
    while queue._waiting:
        queue.flush()
    found = rows(app)
    assert len(found) == failure_queue.ROOM
    assert {row["chat_id"].int: row["count"] for row in found}[0] == 4
    assert sum(row["count"] for row in found) == failure_queue.ROOM + 3


def test_a_failure_that_can_not_be_stored_is_dropped_and_stops_no_other(app: Flask, engine: Engine) -> None:
    queue = kept_queue(engine)
    queue.put(Failure(code="x" * 51, message="too long"))
    queue.put(Failure(code="fine", message="of a team that is gone", team_id=uuid.uuid4()))
    queue.flush()
    (row,) = rows(app)
    assert (row["code"], row["team_id"]) == ("fine", None)
    assert queue._waiting == {}


def test_texts_lose_their_secrets() -> None:
    said = scrubbed(
        "Authorization: Bearer abc.def, Cookie: access_token=eyJhbGciOi.eyJzdWIi.c2ln $2b$12$abcdefghijklmnopqrstuv "
        "redis://user:hunter2@cache:6379 {'password': 'hunter2', \"api_key\": \"hunter2\"} ada@example.org "
        "\0 \ud800 fine"
    )
    for secret in ("abc.def", "eyJ", "$2b$", "hunter2", "ada@", "\0", "\ud800"):
        assert secret not in said
    assert said.endswith("fine")
    for hostile in ("x", "token", "a.", "a@", "token=", "://", "eyJ.", "$2b$12$", "bearer "):
        started = time.monotonic()
        assert len(stack_of(ValueError(hostile * (1_000_000 // len(hostile))))) <= 20_000
        assert time.monotonic() - started < 1.0, hostile


def test_operators_list_show_and_purge(app: Flask) -> None:
    with app.app_context():
        error_logs.record(Failure(code="job_failed", message="first\nline", stack="Traceback: here", request_id="r-1"))
        error_logs.record(Failure(code="degraded", severity="warning", message="second"))
        db.session.execute(
            text("UPDATE error_logs SET last_seen_at = now() - interval '9 days' WHERE code = 'degraded'")
        )
        db.session.commit()
    assert len(run(app, "errors", "list").splitlines()) == 2
    (line,) = run(app, "errors", "list", "--severity", "error").splitlines()
    assert "first line" in line
    assert run(app, "errors", "list", "--hours", "1") == line + "\n"
    shown = run(app, "errors", "show", line.split()[0])
    assert all(word in shown for word in ("job_failed, 1 times", "request_id: r-1", "Traceback: here"))
    assert "no such row" in run(app, "errors", "show", str(uuid.uuid4()), fails=True)
    assert run(app, "errors", "purge", "--days", "8") == "1 deleted\n"
    assert [row["code"] for row in rows(app)] == ["job_failed"]
    assert "Missing option" in run(app, "errors", "purge", fails=True)
