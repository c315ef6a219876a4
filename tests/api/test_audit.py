"""The audit trail: who did what to whom, when, from where."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chatstream.extensions import db
from tests.conftest import SignIn
from tests.support.queries import counted
from tests.support.world import PASSWORD, World

AGENT = {"name": "Support", "webhook_url": "http://127.0.0.1:5678/webhook/chat"}
SECRETS = ("canary-webhook-token", "a password of canaries", PASSWORD)


def trail(client: FlaskClient, query: str = "") -> list[dict[str, Any]]:
    answer = client.get(f"/api/audit{query}")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.get_json()["items"]
    return items


def actions(client: FlaskClient, query: str = "") -> list[str]:
    return [event["action"] for event in trail(client, query)]


def test_an_act_is_told_with_who_whom_when_and_from_where(world: World, sign_in: SignIn) -> None:
    team = world.team()
    boss, user = world.account(team, role="admin"), world.account(team)
    client = sign_in(boss)
    headers = {"User-Agent": "Browser/1", "X-Request-ID": "request-1"}
    client.patch(f"/api/users/{user.id}", json={"role": "admin"}, headers=headers)
    (event,) = trail(client)
    assert event.pop("created_at").endswith("Z")
    assert uuid.UUID(event.pop("id"))
    assert event == {
        "action": "user_role_changed",
        "actor_type": "user",
        "actor_id": str(boss.id),
        "actor_email": boss.email,
        "target_type": "user",
        "target_id": str(user.id),
        "target_label": user.email,
        "ip": "127.0.0.1",
        "user_agent": "Browser/1",
        "request_id": "request-1",
        "details": {"from": "user", "to": "admin"},
    }


@pytest.mark.parametrize(
    ("address", "shown"), [("2001:db8::1", "2001:db8::1"), ("fe80::1%eth0", "fe80::1"), ("unknown", None), ("", None)]
)
def test_an_address_that_is_none_is_left_out(world: World, sign_in: SignIn, address: str, shown: str | None) -> None:
    client = sign_in(world.account(role="admin"))
    client.post("/api/invites", json={}, environ_base={"REMOTE_ADDR": address})
    assert [event["ip"] for event in trail(client)] == [shown]


def test_every_act_leaves_an_event_and_no_secret(app: Flask, world: World, sign_in: SignIn) -> None:
    boss = world.account(role="admin")
    user = world.account(boss.team_id)
    client, guest = sign_in(boss), app.test_client()
    client.patch(f"/api/users/{user.id}", json={"is_active": False})
    client.patch(f"/api/users/{user.id}", json={"is_active": True})
    client.patch("/api/team", json={"name": "Renamed", "registration": "invite"})
    invited = client.post("/api/invites", json={"email": "new@example.org"}).get_json()
    joined = guest.post(
        "/api/auth/register",
        json={"email": "new@example.org", "password": "a password of canaries", "invite": invited["token"]},
    ).get_json()
    client.delete(f"/api/invites/{client.post('/api/invites', json={}).get_json()['id']}")
    reset = client.post(f"/api/users/{user.id}/password-reset").get_json()
    guest.post("/api/auth/password-reset", json={"token": reset["token"], "new_password": "a password of canaries"})
    agent = client.post("/api/agents", json={**AGENT, "webhook_token": "canary-webhook-token"}).get_json()
    change = {**AGENT, "name": "Sales", "webhook_token": "canary-webhook-token", "system_prompt": "Be brief."}
    client.put(f"/api/agents/{agent['id']}", json=change)
    client.delete(f"/api/agents/{agent['id']}")

    events = trail(client)
    told = [(event["action"], event["target_label"], event["details"]) for event in reversed(events)]
    renamed = {"name": {"from": told[2][2]["name"]["from"], "to": "Renamed"}}
    assert told == [
        ("user_deactivated", user.email, {"invites_revoked": 0}),
        ("user_activated", user.email, {}),
        ("team_changed", "Renamed", {**renamed, "registration": {"from": "open", "to": "invite"}}),
        ("invite_created", "new@example.org", {"role": "user"}),
        ("invite_used", "new@example.org", {"role": "user"}),
        ("invite_created", "", {"role": "user"}),
        ("invite_revoked", "", {"state": "pending"}),
        ("password_reset_issued", user.email, {}),
        ("password_reset_used", user.email, {}),
        ("agent_created", "Support", {}),
        ("agent_changed", "Sales", {"fields": ["name", "system_prompt", "webhook_token"]}),
        ("agent_deleted", "Sales", {}),
    ]
    by = {event["action"]: event["actor_email"] for event in events}
    assert (by["invite_used"], by["password_reset_used"]) == ("new@example.org", user.email)
    assert {event["actor_id"] for event in events} == {str(boss.id), str(user.id), joined["id"]}
    for secret in (*SECRETS, invited["token"], reset["token"]):
        assert secret not in str(events)


def test_what_changes_nothing_or_fails_leaves_no_event(app: Flask, world: World, sign_in: SignIn) -> None:
    boss = world.account(role="admin")
    client = sign_in(boss)
    agent_id = world.agent(boss.team_id)
    before = trail(client)
    team = client.get("/api/team").get_json()
    for path, body, status in (
        (f"/api/users/{boss.id}", {"role": "admin", "is_active": True}, 200),
        (f"/api/users/{boss.id}", {"role": "user"}, 409),
        ("/api/team", {"name": team["name"], "registration": "open"}, 200),
        ("/api/team", {"name": ""}, 422),
    ):
        assert client.patch(path, json=body).status_code == status
    assert client.put(f"/api/agents/{agent_id}", json={"name": "Agent"}).status_code == 200
    assert client.put(f"/api/agents/{agent_id}", json={"webhook_url": "ftp://x"}).status_code == 422
    assert client.post("/api/invites", json={"email": boss.email}).status_code == 409
    assert trail(client) == before


def test_the_command_line_is_in_it(app: Flask) -> None:
    def run(*arguments: str, stdin: str | None = None) -> None:
        result = app.test_cli_runner().invoke(args=list(arguments), input=stdin)
        assert result.exit_code == 0, result.output

    run("team", "create", "Sales")
    run("team", "set-registration", "sales", "invite")
    run("user", "create", "ada@example.org", "--team", "sales", stdin="a fine password\n")
    run("user", "set-role", "ada@example.org", "admin", "--team", "sales")
    run("user", "set-password", "ada@example.org", "--team", "sales", stdin="another fine one\n")
    client = app.test_client()
    credentials = {"email": "ada@example.org", "password": "another fine one"}
    assert client.post("/api/auth/login", json=credentials).status_code == 200
    assert [(event["action"], event["actor_type"], event["actor_id"], event["ip"]) for event in trail(client)] == [
        (action, "cli", None, None)
        for action in ("user_password_set", "user_role_changed", "user_created", "team_changed", "team_created")
    ]
    run("user", "deactivate", "ada@example.org", "--team", "sales")
    run("team", "deactivate", "sales")
    with app.app_context():
        newest = db.session.scalars(text("SELECT action FROM audit_events ORDER BY created_at DESC LIMIT 2")).all()
    assert newest == ["team_deactivated", "user_deactivated"]


def test_filters_and_pages(app: Flask, world: World, sign_in: SignIn) -> None:
    boss = world.account(role="admin")
    other = world.account(boss.team_id, role="admin")
    client, second = sign_in(boss), sign_in(other)
    ids = [client.post("/api/invites", json={}).get_json()["id"] for _ in range(3)]
    second.delete(f"/api/invites/{ids[0]}")
    second.patch("/api/team", json={"retention_days": 9})
    everything = trail(client)
    assert [event["action"] for event in everything] == ["team_changed", "invite_revoked"] + ["invite_created"] * 3
    assert actions(client, "?action=invite_created") == ["invite_created"] * 3
    assert actions(client, f"?actor_id={other.id}") == ["team_changed", "invite_revoked"]
    assert actions(client, f"?target_id={ids[0]}") == ["invite_revoked", "invite_created"]
    assert actions(client, f"?target_id={ids[0]}&actor_id={boss.id}") == ["invite_created"]
    assert trail(client, "?from=2000-01-01T00:00:00Z&to=2100-01-01T00:00:00Z") == everything
    assert trail(client, "?from=2100-01-01T00:00:00Z") == trail(client, "?to=2000-01-01T01:00:00%2B01:00") == []
    far = "?from=0001-01-01T00:00:00%2B14:00&to=9999-12-31T23:59:59-14:00"
    assert trail(client, far) == everything
    with counted(app) as few:
        first = client.get("/api/audit?limit=1").get_json()
    with counted(app) as many:
        rest = client.get(f"/api/audit?limit=4&cursor={first['next_cursor']}").get_json()
    assert first["items"] + rest["items"] == everything
    assert rest["next_cursor"] is None
    assert len(many) <= len(few) <= 2


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("action=coup", "action"),
        ("actor_id=me", "actor_id"),
        ("target_id=1", "target_id"),
        ("from=yesterday", "from"),
        ("to=2026-01-01T00:00:00", "to"),
        ("cursor=x", "cursor"),
    ],
)
def test_bad_filters_are_named(world: World, sign_in: SignIn, query: str, field: str) -> None:
    answer = sign_in(world.account(role="admin")).get(f"/api/audit?{query}")
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [field])


def test_it_is_for_the_admins_of_the_team(world: World, sign_in: SignIn) -> None:
    boss = world.account(role="admin")
    sign_in(boss).post("/api/invites", json={})
    refused = sign_in(world.account(boss.team_id)).get("/api/audit")
    assert (refused.status_code, refused.get_json()["code"]) == (403, "admin_required")
    assert trail(sign_in(world.account(role="admin"))) == []


def test_events_outlive_people_and_are_never_changed(app: Flask, world: World, sign_in: SignIn) -> None:
    boss = world.account(role="admin")
    user = world.account(boss.team_id, role="admin")
    sign_in(user).post("/api/invites", json={})
    client = sign_in(boss)
    before = trail(client)
    assert before[0]["actor_email"] == user.email
    with app.app_context():
        db.session.execute(text("DELETE FROM users WHERE id = :id"), {"id": user.id})
        db.session.commit()
        with pytest.raises(DBAPIError, match="append-only"):
            db.session.execute(text("UPDATE audit_events SET actor_email = 'nobody@example.org'"))
        db.session.rollback()
    assert trail(client) == before
