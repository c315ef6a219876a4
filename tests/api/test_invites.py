"""Invites: made by admins, used once."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from chatstream.extensions import db
from tests.conftest import SignIn
from tests.support.meeting import meeting
from tests.support.queries import counted
from tests.support.server import Server
from tests.support.world import PASSWORD, World


def invite(admin: FlaskClient, **body: Any) -> dict[str, Any]:
    answer = admin.post("/api/invites", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.get_json()
    return made


def register(app: Flask, token: str, email: str = "new@example.org", **more: Any) -> TestResponse:
    body = {"email": email, "password": PASSWORD, "invite": token, **more}
    return app.test_client().post("/api/auth/register", json=body)


def refused(answer: TestResponse) -> bool:
    return (answer.status_code, answer.get_json()["code"]) == (404, "invalid_invite")


def execute(app: Flask, statement: str) -> None:
    with app.app_context():
        db.session.execute(text(statement))
        db.session.commit()


def count(app: Flask, table: str) -> int:
    with app.app_context():
        return int(db.session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


def test_an_invite_lets_one_person_in(app: Flask, world: World, sign_in: SignIn) -> None:
    account = world.account(world.team(registration="invite"), role="admin")
    admin = sign_in(account)
    made = invite(admin, role="admin", email="New@Example.org")
    assert len(made["token"]) >= 43
    assert {name: made[name] for name in ("role", "email", "state", "used_at", "created_by")} == {
        "role": "admin",
        "email": "new@example.org",
        "state": "pending",
        "used_at": None,
        "created_by": str(account.id),
    }
    lifetime = datetime.fromisoformat(made["expires_at"]) - datetime.fromisoformat(made["created_at"])
    assert lifetime.total_seconds() == pytest.approx(72 * 3600, abs=1)

    joined = register(app, made["token"], "NEW@example.org", name="Ada")
    assert joined.status_code == 201, joined.text
    user = joined.get_json()
    assert (user["role"], user["team_id"], user["name"]) == ("admin", str(account.team_id), "Ada")
    assert refused(register(app, made["token"], "new@example.org"))
    (listed,) = admin.get("/api/invites").get_json()["items"]
    assert (listed["state"], listed["used_by"]) == ("used", user["id"])
    assert "token" not in str(listed)


def test_only_a_hash_of_the_token_is_kept(app: Flask, world: World, sign_in: SignIn) -> None:
    token = invite(sign_in(world.account(role="admin")))["token"]
    with app.app_context():
        kept = db.session.scalar(
            text("SELECT string_agg(i::text, ' ') || string_agg(a::text, ' ') FROM invites i, audit_events a")
        )
    assert kept
    assert token not in kept


@pytest.mark.parametrize("how", ["unknown", "expired", "revoked", "another address", "the team closed", "demoted"])
def test_what_lets_nobody_in(app: Flask, world: World, sign_in: SignIn, how: str) -> None:
    account = world.account(role="admin")
    admin = sign_in(account)
    made = invite(admin, email="somebody@example.org" if how == "another address" else None)
    token = "x" * 43 if how == "unknown" else made["token"]
    if how == "expired":
        execute(app, "UPDATE invites SET expires_at = now() - interval '1 second'")
        assert [item["state"] for item in admin.get("/api/invites").get_json()["items"]] == ["expired"]
    elif how == "revoked":
        assert admin.delete(f"/api/invites/{made['id']}").status_code == 204
        assert admin.delete(f"/api/invites/{made['id']}").status_code == 404
    elif how == "the team closed":
        execute(app, "UPDATE teams SET is_active = false")
    elif how == "demoted":
        other = sign_in(world.account(account.team_id, role="admin"))
        assert other.patch(f"/api/users/{account.id}", json={"role": "user"}).status_code == 200
        (event,) = other.get("/api/audit?action=user_role_changed").get_json()["items"]
        assert event["details"] == {"from": "admin", "to": "user", "invites_revoked": 1}
    before = count(app, "users")
    assert refused(register(app, token))
    assert count(app, "users") == before


def test_a_failed_registration_does_not_use_it_up(app: Flask, world: World, sign_in: SignIn) -> None:
    account = world.account(role="admin")
    token = invite(sign_in(account))["token"]
    assert register(app, token, password="short").status_code == 422
    assert register(app, token, account.email).status_code == 409
    assert register(app, token, name=7).status_code == 422
    assert register(app, token).status_code == 201


def test_of_two_at_once_one_comes_in(app: Flask, world: World, sign_in: SignIn, server: Server) -> None:
    token = invite(sign_in(world.account(role="admin")))["token"]

    def arrive(email: str) -> requests.Response:
        body = {"email": email, "password": PASSWORD, "invite": token}
        return requests.post(f"{server.url}/api/auth/register", json=body, timeout=30)

    answers = meeting(
        app,
        "SELECT 1 FROM invites FOR UPDATE",
        {},
        lambda: arrive("one@example.org"),
        lambda: arrive("two@example.org"),
    )
    assert sorted(answer.status_code for answer in answers) == [201, 404]
    assert count(app, "users") == 2
    assert count(app, "audit_events WHERE action = 'invite_used'") == 1


def test_a_team_by_invite_only_looks_like_none(app: Flask, world: World) -> None:
    answers = []
    for team_id in (uuid.uuid4(), world.team(registration="invite"), world.team(is_active=False)):
        body = {"email": "new@example.org", "password": PASSWORD, "team_id": str(team_id)}
        answer = app.test_client().post("/api/auth/register", json=body)
        answers.append((answer.status_code, {**answer.get_json(), "request_id": ""}))
    assert answers[0][1]["code"] == "team_not_found"
    assert answers[0] == answers[1] == answers[2]


@pytest.mark.parametrize(
    ("ways", "field"),
    [
        ({}, "team_id"),
        ({"team_id": str(uuid.uuid4()), "invite": "x"}, "invite"),
        ({"invite": ""}, "invite"),
        ({"invite": None}, "invite"),
        ({"invite": "x" * 201}, "invite"),
    ],
)
def test_one_way_in_must_be_sent(app: Flask, ways: dict[str, Any], field: str) -> None:
    body = {"email": "new@example.org", "password": PASSWORD, **ways}
    answer = app.test_client().post("/api/auth/register", json=body)
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [field])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"role": "owner"}, "role"),
        ({"expires_in_h": 0}, "expires_in_h"),
        ({"expires_in_h": 721}, "expires_in_h"),
        ({"expires_in_h": True}, "expires_in_h"),
        ({"expires_in_h": "24"}, "expires_in_h"),
        ({"expires_in_h": 1.5}, "expires_in_h"),
        ({"token": "mine"}, "token"),
    ],
)
def test_bad_invites_are_named(app: Flask, world: World, sign_in: SignIn, body: dict[str, Any], field: str) -> None:
    answer = sign_in(world.account(role="admin")).post("/api/invites", json=body)
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [field])
    assert count(app, "invites") == 0


def test_members_are_not_invited(world: World, sign_in: SignIn) -> None:
    admin = sign_in(account := world.account(role="admin"))
    answer = admin.post("/api/invites", json={"email": account.email.upper()})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "email_taken")


def test_invites_belong_to_a_team_and_to_its_admins(world: World, sign_in: SignIn) -> None:
    account = world.account(role="admin")
    path = f"/api/invites/{invite(sign_in(account))['id']}"
    stranger, user = sign_in(world.account(role="admin")), sign_in(world.account(account.team_id))
    assert stranger.get("/api/invites").get_json()["items"] == []
    assert stranger.delete(path).status_code == 404
    for answer in (user.get("/api/invites"), user.post("/api/invites", json={}), user.delete(path)):
        assert (answer.status_code, answer.get_json()["code"]) == (403, "admin_required")
    assert sign_in(account).delete(path).status_code == 204


def test_pages_and_states(app: Flask, world: World, sign_in: SignIn) -> None:
    admin = sign_in(world.account(role="admin"))
    made = [invite(admin, expires_in_h=hours) for hours in range(1, 6)]
    assert register(app, made[0]["token"]).status_code == 201
    execute(app, f"UPDATE invites SET expires_at = now() WHERE id = '{made[1]['id']}'")
    ids = [item["id"] for item in made]
    for state, expected in (("used", ids[:1]), ("expired", ids[1:2]), ("pending", ids[:1:-1])):
        items = admin.get(f"/api/invites?state={state}").get_json()["items"]
        assert [(item["id"], item["state"]) for item in items] == [(key, state) for key in expected]
    with counted(app) as one:
        first = admin.get("/api/invites?limit=1").get_json()
    with counted(app) as rest:
        second = admin.get(f"/api/invites?limit=4&cursor={first['next_cursor']}").get_json()
    assert [item["id"] for item in first["items"] + second["items"]] == ids[::-1]
    assert second["next_cursor"] is None
    assert len(one) == len(rest) <= 2
