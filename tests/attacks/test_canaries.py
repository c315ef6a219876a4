"""Secrets as canaries: sent through everything the API does, and then looked for wherever they must not be."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import text

from chatstream.extensions import db
from devkit import postgres_places
from devkit.embedded_postgres import EmbeddedPostgres
from tests.support.frames import read
from tests.support.raw_server import CaptureServer, chunk, chunked_head, response
from tests.support.server import Server
from tests.support.world import World

PASSWORD, WRONG_PASSWORD, TOKEN = "canary-password-Kq72", "canary-wrong-Wm31", "canary-webhook-token-Zx81"
KEY = bytes(range(40, 72))
SECRETS = {
    "JWT_SECRET_KEY": "canary-jwt-0123456789-abcdefghijklmnop",
    "PASSWORD_PEPPER": "canary-pepper-0123456789-abcdefghijklm",
    "TOKEN_ENCRYPTION_KEYS": base64.urlsafe_b64encode(KEY).decode(),
}
ECHO = f"refused: Authorization: Bearer {TOKEN}, token {TOKEN}"


class Visitor:
    """Speaks to the server, and keeps every body that came back and every cookie that it was given."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.bodies: list[str] = []
        self.cookies: set[str] = set()
        self.http = requests.Session()
        self.http.trust_env = False

    def call(self, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        answer = self.http.request(method, self.url + path, json=body, timeout=30, stream=True)
        assert answer.status_code == status, answer.text
        self.cookies |= {cookie.value for cookie in self.http.cookies if cookie.value}
        if answer.headers["Content-Type"] == "text/event-stream":
            self.bodies.append(json.dumps(read(answer).events))
            return None
        self.bodies.append(answer.text)
        return answer.json() if answer.text else None


@pytest.fixture
def server(app: Flask, variables: dict[str, str], tmp_path: Path) -> Iterator[Server]:
    """A server whose own secrets are canaries, and that logs all it can."""
    with Server({**variables, **SECRETS, "LOG_LEVEL": "debug"}, tmp_path / "log") as server:
        yield server


@pytest.fixture
def failing_accounts(app: Flask) -> Iterator[None]:
    """The database refuses new accounts of one name with an error that nobody expects, and quotes the row in it."""
    with app.app_context():
        db.session.execute(
            text(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                "IF NEW.name = 'refused' THEN RAISE 'unexpected' USING DETAIL = "
                "format('Failing row contains (%s).', NEW); END IF; RETURN NEW; END $$; "
                "CREATE TRIGGER refuse BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION refuse()"
            )
        )
        db.session.commit()
    yield
    with app.app_context():
        db.session.execute(text("DROP FUNCTION refuse CASCADE"))
        db.session.commit()


def dump(postgres: EmbeddedPostgres) -> str:
    """The whole database as pg_dump writes it."""
    program = postgres_places.binaries(None) / "pg_dump"
    done = subprocess.run([program, postgres.url("chatstream")], capture_output=True, check=True)
    return done.stdout.decode()


def test_no_secret_is_told_logged_or_stored(
    app: Flask, world: World, server: Server, postgres: EmbeddedPostgres, failing_accounts: None
) -> None:
    visitor = Visitor(server.url)
    team = str(world.team())
    account = {"email": "ada@example.org", "password": PASSWORD}
    visitor.call("POST", "/api/auth/register", {**account, "team_id": team}, status=201)
    refused = {**account, "email": "eve@example.org", "team_id": team, "name": "refused"}
    visitor.call("POST", "/api/auth/register", refused, status=500)
    with app.app_context():
        db.session.execute(text("UPDATE users SET role = 'admin'"))
        db.session.commit()
    visitor.call("POST", "/api/auth/login", {**account, "password": WRONG_PASSWORD}, status=401)
    visitor.call("POST", "/api/auth/login", {**account, "password": [WRONG_PASSWORD]}, status=422)
    visitor.call("POST", "/api/auth/login", account)
    visitor.call("POST", "/api/auth/refresh")
    visitor.call("GET", "/api/auth/me")

    error_line = json.dumps({"type": "error", "content": ECHO}).encode() + b"\n"
    answers = (
        response(b'{"output":"fine"}'),
        response(json.dumps({"message": ECHO}).encode(), status="403 X"),
        response(ECHO.encode(), status="500 X"),
        chunked_head() + chunk(b'{"type":"item","content":"so far"}\n' + error_line) + chunk(b""),
        response(b"event: error\ndata: " + ECHO.encode() + b"\n\n", content_type="text/event-stream"),
    )
    for answer in answers:
        with CaptureServer([(0.0, answer)]) as workflow:
            wiring = {"name": "Agent", "webhook_url": workflow.url, "webhook_token": TOKEN}
            agent = visitor.call("POST", "/api/agents/", wiring, status=201)
            path = f"/api/agents/{agent['id']}"
            visitor.call("PUT", path, {"webhook_token": TOKEN})
            visitor.call("POST", f"{path}/test")
            chat = visitor.call("POST", "/api/chats/", {"agent_id": agent["id"]}, status=201)
            visitor.call("POST", f"/api/chats/{chat['id']}/messages", {"content": "Hello"})
            visitor.call("GET", f"/api/chats/{chat['id']}")
            assert f"Bearer {TOKEN}".encode() in workflow.requests[0], "the canary lives"
    visitor.call("PUT", path, {"webhook_token": [TOKEN]}, status=422)
    visitor.call("PUT", path, {"webhook_token": f"{TOKEN} {TOKEN}"}, status=422)
    visitor.call("GET", "/api/agents/?include_inactive=true")
    visitor.call("POST", "/api/auth/logout")

    assert len(visitor.cookies) >= 4
    canaries = {PASSWORD, WRONG_PASSWORD, TOKEN, "$2b$", KEY.hex(), *SECRETS.values(), *visitor.cookies}
    log = server.log.read_text()
    assert "unhandled" in log, "the failure was logged"
    with app.app_context():
        errors = "\n".join(str(tuple(row)) for row in db.session.execute(text("SELECT * FROM error_logs")))
    assert errors.count("upstream_") >= 4
    assert "internal_error" in errors
    dumped = dump(postgres)
    assert "ada@example.org" in dumped
    places = {"answers": "\n".join(visitor.bodies), "log": log, "error_logs": errors}
    hits = [(place, canary) for place, said in places.items() for canary in canaries if canary in said]
    hits += [("dump", canary) for canary in canaries - {"$2b$"} if canary in dumped]
    assert hits == []
