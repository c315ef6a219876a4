"""The members of a team, as its admins manage them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from chatstream.extensions import db
from tests.conftest import SignIn
from tests.support.frames import read
from tests.support.meeting import meeting
from tests.support.person import Person
from tests.support.queries import counted
from tests.support.world import PASSWORD, Account, World


def roles(app: Flask, team_id: uuid.UUID) -> list[tuple[str, bool]]:
    with app.app_context():
        query = text("SELECT role, is_active FROM users WHERE team_id = :team_id ORDER BY created_at, id")
        return [(row[0], row[1]) for row in db.session.execute(query, {"team_id": team_id})]


def test_admins_see_the_members_of_their_team_only(world: World, sign_in: SignIn) -> None:
    team = world.team()
    admin = world.account(team, role="admin", name="Grace 100% Hopper")
    members = [world.account(team, email=f"a_{number}@example.org") for number in range(4)]
    away = world.account(team, is_active=False, name="Äda")
    world.account()
    client = sign_in(admin)
    everybody = [str(account.id) for account in (away, *reversed(members), admin)]

    def listed(query: str = "") -> list[str]:
        answer = client.get(f"/api/users{query}")
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.get_json()["items"]]

    assert listed() == everybody
    first = client.get("/api/users?limit=4").get_json()
    assert [item["id"] for item in first["items"]] == everybody[:4]
    assert listed(f"?limit=4&cursor={first['next_cursor']}") == everybody[4:]
    assert listed("?role=admin") == [str(admin.id)]
    assert listed("?is_active=false") == [str(away.id)]
    assert listed("?q=A_2%40EX") == [str(members[2].id)]
    assert listed("?q=100%25") == [str(admin.id)]
    assert listed("?q=_hopper") == []
    assert set(first["items"][0]) == {"id", "team_id", "email", "name", "role", "is_active", "created_at"}
    for query, field in (("role=owner", "role"), ("is_active=perhaps", "is_active"), ("limit=101", "limit")):
        answer = client.get(f"/api/users?{query}")
        assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [field])


def test_a_page_of_many_asks_no_more_than_one_of_few(app: Flask, world: World, sign_in: SignIn) -> None:
    admin = world.account(role="admin")
    client = sign_in(admin)
    with counted(app) as few:
        assert client.get("/api/users").status_code == 200
    for _ in range(10):
        world.account(admin.team_id)
    with counted(app) as many:
        assert len(client.get("/api/users").get_json()["items"]) == 11
    assert len(many) <= len(few) <= 2


def test_a_promotion_and_a_demotion_count_at_once(world: World, sign_in: SignIn) -> None:
    team = world.team()
    admin, user = world.account(team, role="admin"), world.account(team)
    boss, client = sign_in(admin), sign_in(user)
    assert client.get("/api/users").status_code == 403
    promoted = boss.patch(f"/api/users/{user.id}", json={"role": "admin"})
    assert (promoted.status_code, promoted.get_json()["role"]) == (200, "admin")
    assert client.get("/api/users").status_code == 200
    assert client.patch(f"/api/users/{admin.id}", json={"role": "user"}).status_code == 200
    refused = boss.patch(f"/api/users/{user.id}", json={"role": "user"})
    assert (refused.status_code, refused.get_json()["code"]) == (403, "admin_required")


def test_a_deactivated_user_is_out_until_activated_again(app: Flask, world: World, sign_in: SignIn) -> None:
    team = world.team()
    boss, user = sign_in(world.account(team, role="admin")), world.account(team)
    client = sign_in(user)
    gone = boss.patch(f"/api/users/{user.id}", json={"is_active": False})
    assert (gone.status_code, gone.get_json()["is_active"]) == (200, False)
    assert client.get("/api/auth/me").status_code == 401
    assert client.post("/api/auth/refresh").status_code == 401
    credentials = {"email": user.email, "password": PASSWORD}
    assert app.test_client().post("/api/auth/login", json=credentials).status_code == 401
    assert boss.patch(f"/api/users/{user.id}", json={"is_active": True}).status_code == 200
    assert client.get("/api/auth/me").status_code == 401, "an old session came back to life"
    assert app.test_client().post("/api/auth/login", json=credentials).status_code == 200


@pytest.mark.parametrize("change", [{"role": "user"}, {"is_active": False}, {"role": "user", "is_active": False}])
def test_the_last_active_admin_stays(app: Flask, world: World, sign_in: SignIn, change: dict[str, Any]) -> None:
    admin = world.account(role="admin")
    world.account(admin.team_id, role="admin", is_active=False)
    world.account(role="admin")
    client = sign_in(admin)
    answer = client.patch(f"/api/users/{admin.id}", json=change)
    assert (answer.status_code, answer.get_json()["code"]) == (409, "last_admin")
    assert roles(app, admin.team_id) == [("admin", True), ("admin", False)]
    assert client.get("/api/auth/me").status_code == 200
    world.account(admin.team_id, role="admin")
    assert client.patch(f"/api/users/{admin.id}", json=change).status_code == 200


def test_two_admins_who_demote_each_other_leave_one(
    app: Flask, world: World, person: Callable[[Account], Person]
) -> None:
    one = world.account(role="admin")
    other = world.account(one.team_id, role="admin")
    a, b = person(one), person(other)
    answers = meeting(
        app,
        "SELECT 1 FROM users WHERE team_id = :team_id FOR UPDATE",
        {"team_id": one.team_id},
        lambda: a.http.patch(f"{a.url}/api/users/{other.id}", json={"role": "user"}, timeout=30),
        lambda: b.http.patch(f"{b.url}/api/users/{one.id}", json={"is_active": False}, timeout=30),
    )
    # the second finds its own rights gone, or its session
    first, second = sorted(answers, key=lambda answer: answer.status_code)
    assert (first.status_code, second.status_code in (401, 403)) == (200, True), second.text
    assert roles(app, one.team_id).count(("admin", True)) == 1


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": "user"}])
def test_rights_that_end_end_the_running_answer(
    world: World, person: Callable[[Account], Person], simulator: str, change: dict[str, Any]
) -> None:
    team = world.team()
    boss, account = person(world.account(team, role="admin")), world.account(team, role="admin")
    client = person(account)
    chat_id = client.open_chat(world.agent(team, f"{simulator}?tokens=400&delay_ms=50"))
    with client.begin(chat_id) as response:
        answer = boss.http.patch(f"{boss.url}/api/users/{account.id}", json=change, timeout=30)
        assert answer.status_code == 200, answer.text
        assert client.get("/api/users").status_code == (401 if "is_active" in change else 403)
        stream = read(response)
    assert (stream.end[0], stream.end[1]["status"]) == ("done", "stopped")


def test_another_teams_user_does_not_exist(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.account(role="admin"))
    for user_id in (world.account().id, uuid.uuid4()):
        answer = client.patch(f"/api/users/{user_id}", json={"is_active": False})
        assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"role": "owner"}, "role"),
        ({"role": None}, "role"),
        ({"role": ["admin"]}, "role"),
        ({"is_active": "no"}, "is_active"),
        ({"is_active": None}, "is_active"),
        ({"email": "new@example.org"}, "email"),
        ({"team_id": str(uuid.uuid4())}, "team_id"),
    ],
)
def test_bad_changes_are_named(world: World, sign_in: SignIn, body: dict[str, Any], field: str) -> None:
    admin = world.account(role="admin")
    client = sign_in(admin)
    answer = client.patch(f"/api/users/{admin.id}", json=body)
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [field])
