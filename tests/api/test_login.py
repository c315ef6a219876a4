"""Signing in: every failure looks the same, guesses are slowed down, and no owner is locked out."""

from __future__ import annotations

import signal
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from bcrypt import hashpw as hash_password
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from chatstream import create_app
from chatstream.config import Settings
from chatstream.extensions import db, limiter
from chatstream.http.services import services
from chatstream.services.clients import network_of
from devkit.embedded_valkey import EmbeddedValkey
from tests.api.test_auth import login
from tests.support.world import PASSWORD, World


def test_every_failed_login_looks_the_same(app: Flask, world: World) -> None:
    known = world.account()
    inactive = world.account(is_active=False)
    closed = world.account(world.team(is_active=False))
    attempts = [
        ("nobody@example.org", PASSWORD, {}),
        (known.email, "wrong", {}),
        (known.email, "x" * 1000, {}),
        (known.email, PASSWORD, {"team_id": str(uuid.uuid4())}),
        (inactive.email, PASSWORD, {}),
        (closed.email, PASSWORD, {}),
    ]
    answers = []
    for email, password, more in attempts:
        answer = login(app.test_client(), email, password, **more)
        assert answer.json is not None
        answers.append((answer.status_code, {**answer.json, "request_id": ""}, "Set-Cookie" in answer.headers))
    assert answers[0][0] == 401
    assert answers[0][1]["code"] == "invalid_credentials"
    assert all(answer == answers[0] for answer in answers)


def test_an_address_in_several_teams_chooses_one(app: Flask, world: World) -> None:
    client = app.test_client()
    first, second = world.team(name="First"), world.team(name="Second")
    for team_id in (first, second):
        world.account(team_id, email="both@example.org")
    world.account(email="both@example.org", is_active=False)
    answer = login(client, "both@example.org")
    assert answer.status_code == 409
    assert answer.json is not None
    assert answer.json["code"] == "team_required"
    assert answer.json["teams"] == [{"id": str(first), "name": "First"}, {"id": str(second), "name": "Second"}]
    assert "Set-Cookie" not in answer.headers
    chosen = login(client, "both@example.org", team_id=str(second))
    assert chosen.status_code == 200
    assert chosen.json is not None
    assert chosen.json["user"]["team_id"] == str(second)


def test_six_logins_in_a_minute_are_one_too_many(app: Flask, world: World) -> None:
    account = world.account()
    app.config["LOGIN_RATE_LIMIT"] = "5 per minute"
    try:
        client = app.test_client()
        for attempt in range(5):
            assert login(client, account.email, PASSWORD if attempt % 2 else "wrong").status_code in (200, 401)
        answer = login(client, account.email)
        assert answer.status_code == 429
        assert answer.mimetype == "application/problem+json"
        assert answer.json is not None
        assert answer.json["code"] == "rate_limited"
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
        assert client.post("/api/auth/login", json={"nonsense": 1}).status_code == 429
        elsewhere = client.post(
            "/api/auth/login",
            json={"email": account.email, "password": PASSWORD},
            environ_base={"REMOTE_ADDR": "127.0.0.2"},
        )
        assert elsewhere.status_code == 200
        forged = client.post(
            "/api/auth/login",
            json={"email": account.email, "password": PASSWORD},
            headers={"X-Forwarded-For": "203.0.113.9"},
        )
        assert forged.status_code == 429
    finally:
        app.config["LOGIN_RATE_LIMIT"] = "100000 per minute"


# --- one hash for a sign-in -----------------------------------------------------------------------------------


def test_one_hash_tells_which_accounts_of_an_address_fit(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    teams = [world.team() for _ in range(3)]
    with app.app_context():
        for team_id, password in zip(teams, ("a fine password", "another fine one", "a fine password"), strict=True):
            services().accounts.create(email="many@example.org", password=password, team_id=team_id)
        stored = db.session.execute(text("SELECT team_id, password_hash FROM users")).all()
        assert len({row[1][:29] for row in stored}) == 1
        assert len({row[1] for row in stored}) == 2
        made: list[bytes] = []

        def counted(password: bytes, salt: bytes) -> bytes:
            made.append(salt)
            return hash_password(password, salt)

        monkeypatch.setattr("bcrypt.hashpw", counted)
        for address in ("many@example.org", "nobody@example.org"):
            made.clear()
            assert login(app.test_client(), address, "wrong").status_code == 401
            assert len(made) == 1
        answer = login(app.test_client(), "many@example.org", "another fine one")
        assert answer.json is not None
        assert answer.json["user"]["team_id"] == str(teams[1])


def test_a_costlier_hash_gets_a_salt_of_its_own(app: Flask) -> None:
    with app.app_context():
        hasher = services().accounts.hasher
        old = "$2b$05$" + hasher.hash(PASSWORD)[7:]
        assert hasher.hash(PASSWORD, like=old).startswith("$2b$04$")


# --- guesses --------------------------------------------------------------------------------------------------


def at(app: Flask, ip: str, email: str, password: str = "wrong") -> TestResponse:
    return app.test_client().post(
        "/api/auth/login", json={"email": email, "password": password}, environ_base={"REMOTE_ADDR": ip}
    )


@pytest.fixture
def strict(app: Flask, variables: dict[str, str]) -> Iterator[Flask]:
    """An application with limits as they are in production: 5 attempts of an IP, 10 failures of an address."""
    strict = create_app(Settings.from_environment({**variables, "LOGIN_RATE_LIMIT": "5 per minute"}))
    yield strict
    with strict.app_context():
        db.engine.dispose()
    limiter.init_app(app)


def use_up(app: Flask, email: str) -> TestResponse:
    """Guess from many addresses until the next guess is refused."""
    for number in range(10):
        assert at(app, f"198.51.100.{number}", email).status_code == 401
    answer = at(app, "198.51.100.99", email)
    assert answer.status_code == 429
    return answer


def test_guesses_from_many_addresses_are_slowed_down_the_same_for_everybody(strict: Flask, world: World) -> None:
    answers = [use_up(strict, email) for email in (world.account().email, "nobody@example.org")]
    for answer in answers:
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
        assert answer.json is not None
        assert answer.json["code"] == "rate_limited"
    bodies = [{**(answer.json or {}), "request_id": "", "detail": ""} for answer in answers]
    assert bodies[0] == bodies[1]
    assert [name for name, _ in answers[0].headers] == [name for name, _ in answers[1].headers]


def test_guesses_do_not_lock_the_owner_out(strict: Flask, world: World) -> None:
    account = world.account()
    at_home = "192.0.2.1"
    assert at(strict, at_home, account.email, PASSWORD).status_code == 200
    use_up(strict, account.email)
    assert at(strict, "203.0.113.5", account.email, PASSWORD).status_code == 429  # a place nobody knows
    assert at(strict, at_home, account.email, PASSWORD).status_code == 200
    assert at(strict, at_home, "nobody@example.org").status_code == 401
    other = world.account()
    use_up(strict, other.email)
    assert at(strict, at_home, other.email, PASSWORD).status_code == 429  # not known to this account


def test_a_device_that_holds_a_session_is_known_anywhere(strict: Flask, world: World) -> None:
    account = world.account()
    client = strict.test_client()
    assert login(client, account.email).status_code == 200
    use_up(strict, account.email)
    body = {"email": account.email, "password": PASSWORD}
    travelling = client.post("/api/auth/login", json=body, environ_base={"REMOTE_ADDR": "203.0.113.5"})
    assert travelling.status_code == 200


def test_a_known_place_has_no_more_guesses_than_all_the_others(strict: Flask, world: World) -> None:
    account = world.account()
    for number in range(1, 4):  # one subscriber of IPv6, and its limit
        answer = at(strict, f"2001:db8:1:2::{number}", account.email, PASSWORD)
        assert answer.status_code == 200
    use_up(strict, account.email)
    strict.config["LOGIN_RATE_LIMIT"] = "100 per minute"
    statuses = [at(strict, f"2001:db8:1:2:{number:x}::", account.email).status_code for number in range(12)]
    assert statuses == [401] * 10 + [429] * 2


def test_success_is_not_counted(strict: Flask, world: World) -> None:
    account = world.account()
    strict.config["LOGIN_RATE_LIMIT"] = "100 per minute"
    for number in range(12):
        assert at(strict, f"198.51.100.{number}", account.email, PASSWORD).status_code == 200
    use_up(strict, account.email)


def test_many_guesses_at_once_are_no_way_round(strict: Flask, world: World) -> None:
    account = world.account()
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda number: at(strict, f"198.51.100.{number}", account.email), range(40)))
    assert sum(answer.status_code == 401 for answer in answers) <= 10


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("192.0.2.1", "192.0.2.1/32"),
        ("::ffff:192.0.2.1", "192.0.2.1/32"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("unknown", None),
        ("192.0.2.1:80", None),
        ("", None),
        (None, None),
    ],
)
def test_networks(ip: str | None, network: str | None) -> None:
    assert network_of(ip) == network


def test_a_proxy_that_sends_nonsense_breaks_nothing(app: Flask, world: World) -> None:
    assert at(app, "nonsense", world.account().email, PASSWORD).status_code == 200


# --- Redis ----------------------------------------------------------------------------------------------------


def test_failures_are_counted_through_redis_and_without_it(
    app: Flask, variables: dict[str, str], world: World, tmp_path: Path
) -> None:
    with EmbeddedValkey(tmp_path) as valkey:
        shared = {**variables, "LOGIN_RATE_LIMIT": "5 per minute", "REDIS_URL": valkey.url}
        nodes = [create_app(Settings.from_environment(shared)) for _ in range(2)]
        victim, other, late = (world.account().email for _ in range(3))
        for number in range(10):
            assert at(nodes[number % 2], f"198.51.100.{number}", victim).status_code == 401
        assert at(nodes[0], "198.51.100.20", victim).status_code == 429
        assert at(nodes[1], "198.51.100.21", victim).status_code == 429
        assert valkey.process is not None
        valkey.process.send_signal(signal.SIGSTOP)
        try:
            started = time.monotonic()
            assert at(nodes[0], "198.51.100.22", other, PASSWORD).status_code == 200
            assert time.monotonic() - started < 5
        finally:
            valkey.process.send_signal(signal.SIGCONT)
    use_up(nodes[0], late)
    limiter.init_app(app)
