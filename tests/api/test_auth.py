"""Accounts and sessions over the API."""

from __future__ import annotations

import uuid
from http.cookies import SimpleCookie
from typing import Any

import jwt
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from chatstream.extensions import db
from tests.conftest import SignIn
from tests.support.world import PASSWORD, World


def cookies(answer: TestResponse) -> dict[str, Any]:
    found: SimpleCookie = SimpleCookie()
    for header in answer.headers.getlist("Set-Cookie"):
        found.load(header)
    return dict(found)


def login(client: FlaskClient, email: str, password: str = PASSWORD, **more: str) -> TestResponse:
    return client.post("/api/auth/login", json={"email": email, "password": password, **more})


def test_a_new_person_registers_signs_in_and_is_known(app: Flask, world: World) -> None:
    client = app.test_client()
    team_id = str(world.team())
    made = client.post(
        "/api/auth/register",
        json={"email": "Ada@Example.org", "password": "a long enough one", "team_id": team_id, "name": " Ada "},
    )
    assert made.status_code == 201
    assert made.json is not None
    user = made.json
    assert {key: user[key] for key in ("email", "name", "role", "is_active", "team_id")} == {
        "email": "ada@example.org",
        "name": "Ada",
        "role": "user",
        "is_active": True,
        "team_id": team_id,
    }
    assert set(user) == {"id", "team_id", "email", "name", "role", "is_active", "created_at"}
    assert user["created_at"].endswith("Z")
    assert "Set-Cookie" not in made.headers

    answer = login(client, "ADA@example.ORG", "a long enough one")
    assert answer.status_code == 200
    assert answer.json == {"message": "Signed in", "user": user}
    me = client.get("/api/auth/me")
    assert (me.status_code, me.json) == (200, user)
    assert me.headers["Cache-Control"] == "no-store"


def test_the_cookies_are_shut_to_scripts_and_other_sites(app: Flask, world: World) -> None:
    found = cookies(login(app.test_client(), world.account().email))
    assert set(found) == {"access_token", "refresh_token"}
    for name, path, seconds in (("access_token", "/", 3600), ("refresh_token", "/api/auth", 7 * 24 * 3600)):
        cookie = found[name]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Strict"
        assert cookie["path"] == path
        assert cookie["max-age"] == str(seconds)
        claims = jwt.decode(cookie.value, options={"verify_signature": False})
        assert claims["exp"] - claims["iat"] == seconds
        assert cookie["secure"] == ""  # development; see test_production for the other


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"password": "short 7"}, "password"),
        ({"password": "x" * 129}, "password"),
        ({"password": "new@example.org"}, "password"),
        ({"password": "Password123"}, "password"),
        ({"password": 12345678}, "password"),
        ({"email": "nobody"}, "email"),
        ({"email": None}, "email"),
        ({"team_id": "1"}, "team_id"),
        ({"name": "n" * 201}, "name"),
        ({"role": "admin"}, "role"),
        ({"id": str(uuid.uuid4())}, "id"),
    ],
)
def test_registration_refuses(app: Flask, world: World, fields: dict[str, Any], field: str) -> None:
    body = {"email": "new@example.org", "password": PASSWORD, "team_id": str(world.team()), **fields}
    answer = app.test_client().post("/api/auth/register", json=body)
    assert answer.status_code == 422
    assert answer.json is not None
    assert list(answer.json["errors"]) == [field]
    with app.app_context():
        assert db.session.scalar(text("SELECT count(*) FROM users")) == 0


def test_long_and_strange_passwords_are_not_cut(app: Flask, world: World) -> None:
    client = app.test_client()
    team_id = str(world.team())
    password = "ключ 🗝 " + "x" * 110
    body = {"email": "long@example.org", "password": password, "team_id": team_id}
    assert client.post("/api/auth/register", json=body).status_code == 201
    assert login(client, "long@example.org", password).status_code == 200
    assert login(client, "long@example.org", password[:-1] + "y").status_code == 401
    assert login(client, "long@example.org", password[:72]).status_code == 401


def test_an_address_has_one_account_in_a_team(app: Flask, world: World) -> None:
    client = app.test_client()
    account = world.account()
    body = {"email": account.email.upper(), "password": PASSWORD, "team_id": str(account.team_id)}
    again = client.post("/api/auth/register", json=body)
    assert (again.status_code, again.json and again.json["code"]) == (409, "email_taken")
    elsewhere = client.post("/api/auth/register", json={**body, "team_id": str(world.team())})
    assert elsewhere.status_code == 201


def test_registration_wants_an_active_team(app: Flask, world: World) -> None:
    for team_id in (uuid.uuid4(), world.team(is_active=False)):
        body = {"email": "new@example.org", "password": PASSWORD, "team_id": str(team_id)}
        answer = app.test_client().post("/api/auth/register", json=body)
        assert (answer.status_code, answer.json and answer.json["code"]) == (404, "team_not_found")


def test_logout_ends_the_session_everywhere(app: Flask, world: World, sign_in: SignIn) -> None:
    client = sign_in(world.account())
    thief = app.test_client()
    for name, path in (("access_token", "/"), ("refresh_token", "/api/auth")):
        cookie = client.get_cookie(name, path=path)
        assert cookie is not None
        thief.set_cookie(name, cookie.value, path=path)
    assert thief.get("/api/auth/me").status_code == 200

    answer = client.post("/api/auth/logout")
    assert answer.status_code == 200
    assert client.get_cookie("access_token") is None
    assert client.get("/api/auth/me").status_code == 401
    refused = thief.get("/api/auth/me")
    assert (refused.status_code, refused.json and refused.json["code"]) == (401, "invalid_token")
    assert thief.post("/api/auth/refresh").status_code == 401
    assert client.post("/api/auth/logout").status_code == 200  # again is no error


def test_deactivation_ends_the_session(app: Flask, world: World, sign_in: SignIn) -> None:
    account = world.account()
    client = sign_in(account)
    with app.app_context():
        db.session.execute(text("UPDATE users SET is_active = false WHERE id = :id"), {"id": account.id})
        db.session.commit()
    assert client.get("/api/auth/me").status_code == 401
    assert client.post("/api/auth/refresh").status_code == 401
    assert client.get("/api/auth/me").status_code == 401


# --- refresh ------------------------------------------------------------------------------------------------


def refresh_token(client: FlaskClient) -> str:
    cookie = client.get_cookie("refresh_token", path="/api/auth")
    assert cookie is not None
    return cookie.value


def refresh_with(app: Flask, token: str) -> TestResponse:
    client = app.test_client()
    client.set_cookie("refresh_token", token, path="/api/auth")
    return client.post("/api/auth/refresh")


def age_rotation(app: Flask, seconds: int) -> None:
    with app.app_context():
        statement = text("UPDATE auth_sessions SET rotated_at = rotated_at - make_interval(secs => :seconds)")
        db.session.execute(statement, {"seconds": seconds})
        db.session.commit()


def test_refresh_replaces_both_tokens(app: Flask, world: World, sign_in: SignIn) -> None:
    client = sign_in(world.account())
    before = refresh_token(client)
    answer = client.post("/api/auth/refresh")
    assert answer.status_code == 200
    assert set(cookies(answer)) == {"access_token", "refresh_token"}
    assert refresh_token(client) != before
    assert client.get("/api/auth/me").status_code == 200
    assert client.post("/api/auth/refresh").status_code == 200


def test_two_tabs_get_the_same_successor(app: Flask, world: World, sign_in: SignIn) -> None:
    first = refresh_token(sign_in(world.account()))
    successors = {cookies(refresh_with(app, first))["refresh_token"].value for _ in range(3)}
    assert len(successors) == 1
    assert refresh_with(app, successors.pop()).status_code == 200


def test_a_replayed_refresh_token_ends_its_session(app: Flask, world: World, sign_in: SignIn) -> None:
    account = world.account()
    client, other = sign_in(account), sign_in(account)
    stolen = refresh_token(client)
    assert client.post("/api/auth/refresh").status_code == 200
    age_rotation(app, 11)
    answer = refresh_with(app, stolen)
    assert (answer.status_code, answer.json and answer.json["code"]) == (401, "token_reused")
    assert client.get("/api/auth/me").status_code == 401
    assert client.post("/api/auth/refresh").status_code == 401
    assert other.get("/api/auth/me").status_code == 200


def test_the_grace_is_for_the_immediate_predecessor_only(app: Flask, world: World, sign_in: SignIn) -> None:
    client = sign_in(world.account())
    grandparent = refresh_token(client)
    for _ in range(2):
        assert client.post("/api/auth/refresh").status_code == 200
    answer = refresh_with(app, grandparent)
    assert (answer.status_code, answer.json and answer.json["code"]) == (401, "token_reused")


def test_registering_is_limited_by_address(app: Flask, world: World) -> None:
    app.config["REGISTER_RATE_LIMIT"] = "3 per hour"
    try:
        body = {"password": "a fine password", "team_id": str(world.team())}
        client = app.test_client()
        answers = [client.post("/api/auth/register", json={**body, "email": f"{n}@example.org"}) for n in range(5)]
    finally:
        app.config["REGISTER_RATE_LIMIT"] = "100000 per minute"
    assert [answer.status_code for answer in answers] == [201] * 3 + [429] * 2
    assert int(answers[-1].headers["Retry-After"]) > 60
