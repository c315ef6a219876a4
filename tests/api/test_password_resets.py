"""Password resets: issued by an admin, used once by whoever is locked out."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from chatstream.extensions import db
from chatstream.http.services import services
from chatstream.models import User
from tests.conftest import SignIn
from tests.support.meeting import meeting
from tests.support.server import Server
from tests.support.world import PASSWORD, Account, World

NEW = "an entirely new one"


@pytest.fixture
def admin(world: World) -> Account:
    return world.account(role="admin")


@pytest.fixture
def user(world: World, admin: Account) -> Account:
    return world.account(admin.team_id)


def issue(client: FlaskClient, user: Account) -> str:
    answer = client.post(f"/api/users/{user.id}/password-reset")
    assert answer.status_code == 201, answer.text
    token: str = answer.get_json()["token"]
    return token


def use(app: Flask, token: str, password: str = NEW) -> TestResponse:
    return app.test_client().post("/api/auth/password-reset", json={"token": token, "new_password": password})


def refused(answer: TestResponse) -> bool:
    return (answer.status_code, answer.get_json()["code"]) == (404, "invalid_reset_token")


def can_sign_in(app: Flask, user: Account, password: str) -> bool:
    body = {"email": user.email, "password": password}
    return app.test_client().post("/api/auth/login", json=body).status_code == 200


def execute(app: Flask, statement: str) -> None:
    with app.app_context():
        db.session.execute(text(statement))
        db.session.commit()


def test_a_token_sets_a_password_once(app: Flask, admin: Account, user: Account, sign_in: SignIn) -> None:
    lost = sign_in(user)
    answer = sign_in(admin).post(f"/api/users/{user.id}/password-reset")
    assert answer.status_code == 201
    issued = answer.get_json()
    assert set(issued) == {"user_id", "token", "expires_at"}
    assert issued["user_id"] == str(user.id)
    assert len(issued["token"]) >= 43
    left = datetime.fromisoformat(issued["expires_at"]) - datetime.now(UTC)
    assert timedelta(minutes=59) < left <= timedelta(hours=1)
    with app.app_context():
        assert issued["token"] not in str(db.session.execute(text("SELECT r::text FROM password_resets r")).all())
    assert can_sign_in(app, user, PASSWORD)

    used = use(app, issued["token"])
    assert (used.status_code, used.get_json()) == (200, {"message": "Password changed"})
    assert "Set-Cookie" not in used.headers
    assert not can_sign_in(app, user, PASSWORD)
    assert can_sign_in(app, user, NEW)
    assert lost.get("/api/auth/me").status_code == 401
    assert lost.post("/api/auth/refresh").status_code == 401
    assert refused(use(app, issued["token"], "and another one"))
    assert can_sign_in(app, user, NEW)
    with app.app_context():
        assert db.session.scalar(text("SELECT count(*) FROM password_resets")) == 0


@pytest.mark.parametrize("password", ["short", "x" * 129, "Password123", "the address"])
def test_a_refused_password_leaves_the_token(
    app: Flask, admin: Account, user: Account, sign_in: SignIn, password: str
) -> None:
    token = issue(sign_in(admin), user)
    answer = use(app, token, user.email if password == "the address" else password)
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["new_password"])
    assert use(app, token).status_code == 200


def change_password(app: Flask, user: Account) -> None:
    with app.app_context():
        services().accounts.set_password(db.session.get_one(User, user.id), "changed in between")


VOID: dict[str, Callable[[Flask, FlaskClient, Account], object]] = {
    "expired": lambda app, _, __: execute(app, "UPDATE password_resets SET expires_at = now()"),
    "a newer one": lambda _, client, user: issue(client, user),
    "password changed": lambda app, _, user: change_password(app, user),
    "deactivated": lambda _, client, user: client.patch(f"/api/users/{user.id}", json={"is_active": False}),
    "deactivated elsewhere": lambda app, _, user: execute(
        app, f"UPDATE users SET is_active = false WHERE id = '{user.id}'"
    ),
    "team closed": lambda app, _, __: execute(app, "UPDATE teams SET is_active = false"),
    "admin demoted": lambda app, _, user: app.test_cli_runner().invoke(
        args=["user", "set-role", "boss@example.org", "user", "--team", str(user.team_id)]
    ),
}


@pytest.mark.parametrize("how", VOID)
def test_what_voids_a_token(app: Flask, world: World, sign_in: SignIn, how: str) -> None:
    boss = world.account(role="admin", email="boss@example.org")
    user = world.account(boss.team_id)
    client = sign_in(boss)
    token = issue(client, user)
    VOID[how](app, client, user)
    with app.app_context():
        before = db.session.get_one(User, user.id).password_hash
    assert refused(use(app, token))
    with app.app_context():
        assert db.session.get_one(User, user.id).password_hash == before


def test_a_deactivated_user_stays_void_after_its_return(
    app: Flask, admin: Account, user: Account, sign_in: SignIn
) -> None:
    client = sign_in(admin)
    token = issue(client, user)
    for is_active in (False, True):
        assert client.patch(f"/api/users/{user.id}", json={"is_active": is_active}).status_code == 200
    assert refused(use(app, token))


def test_of_two_at_once_one_sets_the_password(
    app: Flask, admin: Account, user: Account, sign_in: SignIn, server: Server
) -> None:
    token = issue(sign_in(admin), user)
    passwords = ["the first new one", "the second new one"]

    def use_at_server(password: str) -> requests.Response:
        body = {"token": token, "new_password": password}
        return requests.post(f"{server.url}/api/auth/password-reset", json=body, timeout=30)

    answers = meeting(
        app,
        "SELECT 1 FROM users WHERE id = :id FOR UPDATE",
        {"id": user.id},
        lambda: use_at_server(passwords[0]),
        lambda: use_at_server(passwords[1]),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 404]
    for answer, password in zip(answers, passwords, strict=True):
        assert can_sign_in(app, user, password) == (answer.status_code == 200)


def test_who_may_issue_for_whom(world: World, admin: Account, user: Account, sign_in: SignIn) -> None:
    client = sign_in(admin)
    away = world.account(admin.team_id, is_active=False)
    cases: list[tuple[FlaskClient, Any, int, str]] = [
        (client, world.account().id, 404, "not_found"),
        (client, uuid.uuid4(), 404, "not_found"),
        (client, away.id, 409, "user_inactive"),
        (client, admin.id, 403, "forbidden"),
        (sign_in(user), admin.id, 403, "admin_required"),
    ]
    for caller, user_id, status, code in cases:
        answer = caller.post(f"/api/users/{user_id}/password-reset")
        assert (answer.status_code, answer.get_json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"token": ""}, "token"),
        ({"token": None}, "token"),
        ({"token": "x" * 201}, "token"),
        ({"new_password": 12345678}, "new_password"),
        ({"user_id": str(uuid.uuid4())}, "user_id"),
    ],
)
def test_bad_fields_are_named(app: Flask, body: dict[str, Any], field: str) -> None:
    sent = {"token": "x" * 43, "new_password": NEW, **body}
    answer = app.test_client().post("/api/auth/password-reset", json=sent)
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [field])


def test_guessing_is_slowed_down(app: Flask) -> None:
    app.config["PASSWORD_RESET_RATE_LIMIT"] = "5 per minute"
    try:
        answers = [use(app, "x" * 43) for _ in range(6)]
    finally:
        app.config["PASSWORD_RESET_RATE_LIMIT"] = "100000 per minute"
    assert [answer.status_code for answer in answers] == [404] * 5 + [429]
    assert 1 <= int(answers[5].headers["Retry-After"]) <= 60
