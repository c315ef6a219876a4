"""Errors have one shape, whoever raises them; bad input changes nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from chatstream.extensions import db
from tests.conftest import SignIn
from tests.support.world import World

MEMBERS = {"type", "title", "status", "detail", "code", "request_id"}
NIL = "00000000-0000-4000-8000-000000000000"


def is_problem(answer: Any, status: int, code: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    assert set(answer.json) - {"errors"} == MEMBERS
    assert answer.json["status"] == status
    assert answer.json["code"] == code
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.fixture
def client(world: World, sign_in: SignIn) -> FlaskClient:
    return sign_in(world.account(role="admin"))


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/nothing", 404, "not_found"),
        ("GET", "/api/chats/not-a-uuid", 404, "not_found"),
        ("GET", f"/api/chats/{NIL}", 404, "not_found"),
        ("DELETE", "/api/agents/../../etc", 404, "not_found"),
        ("PATCH", f"/api/chats/{NIL}", 405, "method_not_allowed"),
        ("POST", "/api/auth/me", 405, "method_not_allowed"),
    ],
)
def test_routing(client: FlaskClient, method: str, path: str, status: int, code: str) -> None:
    answer = client.open(path, method=method)
    is_problem(answer, status, code)
    assert ("Allow" in answer.headers) == (status == 405)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "bad_request"),
        (b"{", 400, "bad_request"),
        (b"\xff\xfe", 400, "bad_request"),
        (b'{"name": NaN}', 400, "bad_request"),
        (b'{"name": 1e999}', 400, "bad_request"),
        (b'{"name": ' + b"9" * 5000 + b"}", 400, "bad_request"),
        (b"[" * 100_000, 400, "bad_request"),
        (b'{"config": ' + b'{"a":' * 900 + b"1" + b"}" * 901, 422, "validation_failed"),
        (b'{"config": ' + b"[" * 40 + b"]" * 40 + b"}", 422, "validation_failed"),
        (b"null", 422, "validation_failed"),
        (b"[]", 422, "validation_failed"),
        (b"7", 422, "validation_failed"),
        (b'"text"', 422, "validation_failed"),
        (b'{"name": "\\ud800"}', 422, "validation_failed"),
        (b'{"name": "\\u0000"}', 422, "validation_failed"),
        (b'{"__proto__": 1}', 422, "validation_failed"),
        (b'{"\\ud800": 1}', 422, "validation_failed"),
        (b"{" + b",".join(b'"f%d":0' % n for n in range(101)) + b"}", 422, "validation_failed"),
        (b'{"name": [' + b"0," * 500_000 + b"0]}", 422, "validation_failed"),
        (b" " * 1_100_000, 413, "body_too_large"),
    ],
)
def test_bodies(app: Flask, client: FlaskClient, body: bytes, status: int, code: str) -> None:
    is_problem(client.post("/api/agents/", data=body, content_type="application/json"), status, code)
    with app.app_context():
        assert db.session.scalar(text("SELECT count(*) FROM agents")) == 0
        assert db.session.scalar(text("SELECT count(*) FROM error_logs")) == 0


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None])
@pytest.mark.parametrize("path", ["/api/auth/login", "/api/auth/register", "/api/agents/", "/api/chats/"])
def test_other_media_types(client: FlaskClient, path: str, media_type: str | None) -> None:
    is_problem(client.post(path, data=b'{"name": "x"}', content_type=media_type), 415, "unsupported_media_type")


@pytest.mark.parametrize("value", [None, "", [], 0, -1, True, 1.5, {}, "x" * 100_000, "\0", [[]], {"a": {"b": None}}])
@pytest.mark.parametrize(
    ("method", "path", "fields"),
    [
        ("POST", "/api/auth/register", ["email", "password", "team_id", "name"]),
        ("POST", "/api/auth/login", ["email", "password", "team_id"]),
        ("POST", "/api/agents/", ["name", "description", "webhook_url", "webhook_token", "system_prompt", "config"]),
        ("POST", "/api/chats/", ["agent_id", "title", "metadata"]),
        ("POST", "/api/chats/{chat}/messages", ["content", "metadata"]),
        ("PUT", "/api/chats/{chat}", ["title", "metadata", "is_archived"]),
        ("PUT", "/api/agents/{agent}", ["name", "webhook_url", "webhook_token", "config", "is_active"]),
    ],
)
def test_no_value_in_any_field_is_a_failure_of_ours(
    world: World, sign_in: SignIn, method: str, path: str, fields: list[str], value: Any
) -> None:
    account = world.account(role="admin")
    client = sign_in(account)
    agent_id = world.agent(account.team_id, is_active=False)
    chat_id = client.post("/api/chats/", json={"agent_id": world.agent(account.team_id)}).get_json()["id"]
    path = path.format(chat=chat_id, agent=agent_id)
    for field in fields:
        for body in ({field: value}, {field: value, "unknown": value}):
            if path.endswith("/messages") and field == "metadata":
                body["content"] = ""  # not to start an answer
            answer = client.open(path, method=method, json=body)
            assert answer.status_code < 500, (field, answer.text)
            if "unknown" in body:
                is_problem(answer, 422, "validation_failed")
                assert "unknown" in answer.get_json()["errors"] or answer.get_json()["errors"]


def test_a_path_is_the_same_with_and_without_its_last_slash(client: FlaskClient) -> None:
    for path in ("/api/chats", "/api/agents", "/api/auth/me"):
        assert client.get(path).status_code == client.get(f"{path}/").status_code == 200
    assert client.post("/api/agents", json={}).status_code == 422


def test_request_ids_are_taken_when_sane(client: FlaskClient) -> None:
    taken = client.get("/api/auth/me", headers={"X-Request-ID": "abc-DEF.123_4"})
    assert taken.headers["X-Request-ID"] == "abc-DEF.123_4"
    for bad in ("x" * 129, "two words", "semi;colon", "ünï", ""):
        answer = client.get("/api/nothing", headers={"X-Request-ID": bad})
        made = answer.headers["X-Request-ID"]
        assert made != bad
        assert len(made) == 32
        assert answer.get_json()["request_id"] == made


def test_an_unforeseen_failure_tells_nothing_and_is_kept(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("chatstream.services.chats.page", fail)
    answer = client.get("/api/chats/?limit=3")
    is_problem(answer, 500, "internal_error")
    assert "secret" not in answer.text
    with app.app_context():
        row = db.session.execute(text("SELECT * FROM error_logs")).mappings().one()
    assert row["severity"] == "critical"
    assert row["path"] == "/api/chats/"
    assert row["request_id"] == answer.headers["X-Request-ID"]
    assert "secret detail" in row["stack"]
    assert row["team_id"] is not None


def test_every_problem_is_json(client: FlaskClient) -> None:
    answer = client.get("/api/nothing", headers={"Accept": "text/html"})
    assert json.loads(answer.text)["status"] == 404
