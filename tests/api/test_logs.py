"""Log lines: one a request, events of their own for what matters, and nothing that is secret."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from chatstream.extensions import limiter
from chatstream.logs import JsonLines, TextLines, event
from chatstream.n8n_sim.answers import split_words
from tests.conftest import SignIn
from tests.support.frames import read
from tests.support.person import Person
from tests.support.server import Server
from tests.support.world import PASSWORD, World

Lines = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def lines(app: Flask) -> Iterator[Lines]:
    """The lines of an event, as they would be written on the level ``info``."""
    logger = logging.getLogger("chatstream")
    written: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(JsonLines().format(record))

    handler, level = Kept(), logger.level
    logger.addHandler(handler)
    logger.setLevel("INFO")
    yield lambda name: [line for line in map(json.loads, written) if line["event"] == name]
    logger.removeHandler(handler)
    logger.setLevel(level)


def test_a_request_is_one_line(world: World, sign_in: SignIn, lines: Lines) -> None:
    boss = world.account(role="admin")
    client = sign_in(boss)
    agent_id = world.agent(boss.team_id)
    answer = client.get(f"/api/agents/{agent_id}?secret=canary", headers={"X-Request-ID": "request-1"})
    line = lines("request")[-1]
    assert line.pop("duration_ms") > 0
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "info",
        "event": "request",
        "request_id": "request-1",
        "method": "GET",
        "route": "/api/agents/<uuid:agent_id>",
        "status": 200,
        "bytes": len(answer.data),
        "user_id": str(boss.id),
        "team_id": str(boss.team_id),
        "agent_id": agent_id,
    }
    client.get("/healthz")
    for path, route in (("/api/canary-path/unknown", "unmatched"), ("/canary-path/unknown", "/<page:path>")):
        client.get(path)
        last = lines("request")[-1]
        assert (last["route"], last["status"]) == (route, 404)
    assert not any("canary" in str(line) or line["route"] == "/healthz" for line in lines("request"))


def test_attempts_to_sign_in_are_told_without_their_address(app: Flask, world: World, lines: Lines) -> None:
    account = world.account()
    client = app.test_client()
    for email, password in ((account.email, "wrong one"), (account.email.upper(), "wrong two"), ("x@y.org", PASSWORD)):
        client.post("/api/auth/login", json={"email": email, "password": password})
    client.post("/api/auth/login", json={"email": account.email, "password": PASSWORD})
    client.post("/api/auth/login", json={"email": account.email, "password": [PASSWORD]})
    client.post("/api/auth/refresh")
    client.post("/api/auth/logout")
    attempts = lines("auth_attempt")
    assert [(line["kind"], line["outcome"]) for line in attempts] == [
        *[("login", "invalid_credentials")] * 3,
        ("login", "ok"),
        ("login", "validation_failed"),
        ("refresh", "ok"),
        ("logout", "ok"),
    ]
    first, second, other, signed_in, *_ = attempts
    assert first["address_hash"] == second["address_hash"] != other["address_hash"]
    assert signed_in["user_id"] == str(account.id)
    assert "address_hash" not in signed_in
    told = str(attempts).lower()
    for canary in (account.email, "x@y.org", "wrong", PASSWORD):
        assert canary not in told


def test_limits_and_changes_are_events(app: Flask, world: World, sign_in: SignIn, lines: Lines) -> None:
    boss = world.account(role="admin")
    client = sign_in(boss)
    wiring = {"name": "Support", "webhook_url": "http://127.0.0.1:9/x", "webhook_token": "canary-token"}
    agent_id = client.post("/api/agents", json=wiring).get_json()["id"]
    chat_id = client.post("/api/chats", json={"agent_id": agent_id, "title": "canary title"}).get_json()["id"]
    client.put(f"/api/chats/{chat_id}", json={"title": "canary again"})
    client.delete(f"/api/chats/{chat_id}")
    assert client.put(f"/api/agents/{agent_id}", json={"webhook_url": "ftp://x"}).status_code == 422
    (created,) = lines("agent_created")
    assert (created["target_id"], created["actor_id"]) == (agent_id, str(boss.id))
    assert lines("agent_changed") == []
    assert [lines(f"chat_{done}")[0]["chat_id"] for done in ("created", "changed", "deleted")] == [chat_id] * 3
    app.config["LOGIN_RATE_LIMIT"], before = "1 per minute", app.config["LOGIN_RATE_LIMIT"]
    try:
        limiter.reset()
        statuses = [app.test_client().post("/api/auth/login", json={}).status_code for _ in range(2)]
    finally:
        app.config["LOGIN_RATE_LIMIT"] = before
    assert statuses == [422, 429]
    (hit,) = lines("rate_limited")
    assert hit["route"] == "/api/auth/login"
    assert "canary" not in str([*lines("request"), created])


@pytest.mark.parametrize("formatter", [JsonLines(), TextLines()])
def test_a_newline_makes_no_second_line(formatter: logging.Formatter) -> None:
    written: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(formatter.format(record))

    logger = logging.Logger("x")
    logger.addHandler(Kept())
    logger.error("one\r\ntwo %s", 'three\n{"level": "forged"}')
    event(logger, "happened", field="one\r\ntwo\u2028three\x85", absent=None)
    assert len(written) == 2
    assert all(len(line.splitlines()) == 1 for line in written[:1])
    assert "\n" not in written[1]
    assert "\r" not in written[1]
    assert "absent" not in written[1]


def test_a_stream_tells_its_start_and_its_end(
    app: Flask, world: World, variables: dict[str, str], simulator: str, tmp_path: Path
) -> None:
    account = world.account()
    agent_id = world.agent(account.team_id, simulator)
    with Server({**variables, "LOG_LEVEL": "info", "LOG_FORMAT": "json"}, tmp_path / "log") as server:
        with Person(server.url, account) as person:
            chat_id = person.open_chat(agent_id)
            with person.begin(chat_id, "canary question", headers={"X-Request-ID": "ask-1"}) as response:
                stream = read(response)
            with person.get(f"/api/chats/{chat_id}/stream", stream=True) as response:
                read(response)
        server.stop()
    written = [json.loads(line) for line in server.log.read_text().splitlines()]  # gunicorn's own as well
    assert "canary" not in server.log.read_text()
    assert stream.text not in server.log.read_text()
    by = {name: [line for line in written if line["event"] == name] for name in ("stream_opened", "request")}
    (started,) = [line for line in written if line["event"] == "generation_started"]
    (ended,) = [line for line in written if line["event"] == "generation_ended"]
    ids = {"request_id": "ask-1", "chat_id": chat_id, "agent_id": agent_id, "user_id": str(account.id)}
    for line in (started, ended, by["stream_opened"][0]):
        assert ids.items() <= line.items()
    assert (ended["outcome"], ended["chars"]) == ("complete", len(stream.text))
    assert ended["duration_ms"] >= ended["first_token_ms"] >= 0
    assert ended["chunks"] == len(split_words(stream.text))
    asked, followed = [line for line in by["request"] if "follower" in line]
    assert asked["bytes"] == followed["bytes"] > len(stream.text)
    assert ids.items() <= asked.items()
    assert asked["generation_id"] == followed["generation_id"] == ended["generation_id"]
    assert uuid.UUID(asked["generation_id"])
    assert asked["follower"] == "here"
