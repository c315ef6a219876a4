"""Log lines that somebody else would like to write."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import requests
from flask import Flask
from sqlalchemy import text

from chatstream.extensions import db
from tests.support.person import Person
from tests.support.server import Server
from tests.support.world import World

FORGED = "12:00:00 error   chatstream: forged"
ENDS = ("\n", "\r\n", "\r", "\x85", "\u2028", "\x1b[2K\r")
OWN = re.compile(r"\d\d:\d\d:\d\d (debug|info|warning|error|critical) +(chatstream|gunicorn)|\[\d{4}-\d\d-\d\d ")
"""How our lines, and gunicorn's, begin."""


@pytest.fixture
def failing_titles(app: Flask) -> Iterator[None]:
    """The database fails on new chats in a way that nobody expects, and says their titles."""
    with app.app_context():
        db.session.execute(
            text(
                "CREATE FUNCTION quote_title() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                "RAISE 'unexpected %', NEW.title; END $$; "
                "CREATE TRIGGER quote_title BEFORE INSERT ON chats FOR EACH ROW EXECUTE FUNCTION quote_title()"
            )
        )
        db.session.commit()
    yield
    with app.app_context():
        db.session.execute(text("DROP FUNCTION quote_title CASCADE"))
        db.session.commit()


def send_all(server: Server, world: World) -> None:
    """Put the forged line wherever a client can put a text."""
    account = world.account(role="admin")
    agent_id = world.agent(account.team_id)
    with Person(server.url, account) as person:
        for end in ENDS:
            said = f"x{end}{FORGED}"
            failed = person.post(f"/api/chats/?{quote(said)}", {"agent_id": agent_id, "title": said})
            assert failed.status_code == 500
            person.get(f"/api/{quote(said)}", headers={"User-Agent": FORGED, "X-Request-ID": FORGED})
            person.post("/api/auth/login", {"email": said, "password": said})
            person.post("/api/auth/register", {"email": said, "password": said, "invite": said})
            requests.get(f"{server.url}/api/auth/me", cookies={"access_token": quote(said)}, timeout=10)
            with socket.create_connection(("127.0.0.1", server.port), timeout=10) as raw:
                raw.sendall(f"GET /{said} HTTP/1.1\r\nHost: x\r\nX-{said}: {said}\r\n\r\n".encode())
                raw.recv(65536)


@pytest.mark.parametrize("form", ["json", "text"])
def test_nobody_writes_a_line_of_its_own(
    app: Flask, variables: dict[str, str], world: World, failing_titles: None, tmp_path: Path, form: str
) -> None:
    settings = {**variables, "LOG_FORMAT": form, "LOG_LEVEL": "info"}
    with Server(settings, tmp_path / "log") as server:
        send_all(server, world)
    log = (tmp_path / "log").read_bytes().decode()
    assert log.count("forged") >= len(ENDS), "it is logged"
    lines = log.split("\n")[:-1]
    for line in lines:
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]", line), line
        if form == "json" and not line.startswith("["):
            assert json.loads(line)["level"]
        elif form == "text":
            assert OWN.match(line) or line.startswith("    "), line
    with app.app_context():
        assert db.session.scalar(text("SELECT sum(count) FROM error_logs WHERE code = 'internal_error'")) == len(ENDS)


def test_who_signs_in_and_who_is_refused_is_logged(
    app: Flask, variables: dict[str, str], world: World, tmp_path: Path
) -> None:
    account = world.account()
    settings = {**variables, "LOG_FORMAT": "json", "LOG_LEVEL": "info"}
    with Server(settings, tmp_path / "log") as server, Person(server.url, account) as person:
        wrong = person.post("/api/auth/login", {"email": account.email, "password": "a wrong password"})
        refused = person.get("/api/audit/")
        person.post("/api/auth/logout")
        anonymous = person.get("/api/auth/me")
        person.get("/healthz")
    log = (tmp_path / "log").read_text()
    records = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    attempts = [(each["kind"], each["outcome"]) for each in records if each["event"] == "auth_attempt"]
    assert attempts == [("login", "ok"), ("login", "invalid_credentials"), ("logout", "ok")]
    statuses = {each["request_id"]: each["status"] for each in records if each["event"] == "request"}
    for answer in (wrong, refused, anonymous):
        assert statuses[answer.headers["X-Request-ID"]] == answer.status_code
    assert "/healthz" not in log
    assert account.email not in log
