"""Agents over the API."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from chatstream.errors import TokenUnreadable
from chatstream.extensions import db
from chatstream.http.services import services
from chatstream.models import Agent
from tests.conftest import SignIn
from tests.support.world import World

NEW = {"name": "Support", "webhook_url": "http://127.0.0.1:5678/webhook/chat"}
ADMIN_FIELDS = {"webhook_url", "has_webhook_token", "system_prompt", "config"}


def test_an_admin_makes_an_agent_that_users_see_without_its_wiring(world: World, sign_in: SignIn) -> None:
    team = world.team()
    admin, user = sign_in(world.account(team, role="admin")), sign_in(world.account(team))
    body = {
        **NEW,
        "description": "Answers questions",
        "webhook_token": "very-secret-token",
        "system_prompt": "Be brief.",
        "config": {"model": "gpt-4", "history_limit": 10, "anything": [1, {"deep": True}]},
    }
    made = admin.post("/api/agents/", json=body)
    assert made.status_code == 201
    assert made.json is not None
    assert made.json["has_webhook_token"] is True
    assert made.json["config"] == body["config"]
    assert made.json["avatar_url"] is None
    assert "very-secret-token" not in made.text
    seen = user.get(f"/api/agents/{made.json['id']}")
    assert seen.json == {name: value for name, value in made.json.items() if name not in ADMIN_FIELDS}
    listed = user.get("/api/agents/")
    assert listed.json == {"items": [seen.json], "next_cursor": None}
    assert admin.get("/api/agents/").json == {"items": [made.json], "next_cursor": None}


def test_the_token_is_encrypted_and_bound_to_its_row(app: Flask, world: World, sign_in: SignIn) -> None:
    admin = sign_in(world.account(role="admin"))
    ids = []
    for token in ("canary-one", "canary-two"):
        made = admin.post("/api/agents/", json={**NEW, "webhook_token": token})
        assert made.json is not None
        ids.append(uuid.UUID(made.json["id"]))
    with app.app_context():
        one, two = (db.session.get(Agent, key) for key in ids)
        assert one is not None
        assert two is not None
        assert one.webhook_token is not None
        assert "canary" not in one.webhook_token
        assert services().agents.token_of(one.id, one.webhook_token) == "canary-one"
        two.webhook_token = one.webhook_token
        with pytest.raises(TokenUnreadable):
            services().agents.token_of(two.id, two.webhook_token)


def test_put_changes_only_what_is_sent(app: Flask, world: World, sign_in: SignIn) -> None:
    admin = sign_in(world.account(role="admin"))
    made = admin.post("/api/agents/", json={**NEW, "webhook_token": "token", "config": {"model": "a"}}).json
    assert made is not None
    path = f"/api/agents/{made['id']}"
    changed = admin.put(path, json={"name": "Renamed"}).json
    assert changed is not None
    assert changed["updated_at"] > made["updated_at"]
    assert {**changed, "name": made["name"], "updated_at": made["updated_at"]} == made
    gone = admin.put(path, json={"webhook_token": None}).json
    assert gone is not None
    assert gone["has_webhook_token"] is False


def test_inactive_agents_are_for_admins_who_ask(world: World, sign_in: SignIn) -> None:
    team = world.team()
    admin, user = sign_in(world.account(team, role="admin")), sign_in(world.account(team))
    agent_id = world.agent(team)
    assert admin.put(f"/api/agents/{agent_id}", json={"is_active": False}).status_code == 200
    for client, query, count in ((admin, "", 0), (admin, "?include_inactive=true", 1), (user, "", 0)):
        answer = client.get(f"/api/agents/{query}").json
        assert answer is not None
        assert len(answer["items"]) == count
    ignored = user.get("/api/agents/?include_inactive=true").json
    assert ignored is not None
    assert ignored["items"] == []


def test_a_deleted_agent_is_gone_and_its_chats_stay(world: World, sign_in: SignIn) -> None:
    admin = sign_in(account := world.account(role="admin"))
    agent_id = world.agent(account.team_id)
    chat = admin.post("/api/chats/", json={"agent_id": agent_id}).json
    assert chat is not None
    assert admin.delete(f"/api/agents/{agent_id}").status_code == 204
    assert admin.delete(f"/api/agents/{agent_id}").status_code == 404
    assert admin.get(f"/api/agents/{agent_id}").status_code == 404
    assert admin.put(f"/api/agents/{agent_id}", json={"name": "Back"}).status_code == 404
    assert admin.get(f"/api/chats/{chat['id']}").status_code == 200
    sent = admin.post(f"/api/chats/{chat['id']}/messages", json={"content": "Hello"})
    assert (sent.status_code, sent.json and sent.json["code"]) == (409, "agent_unavailable")
    assert admin.post("/api/chats/", json={"agent_id": agent_id}).status_code == 404


def test_users_may_not_manage(world: World, sign_in: SignIn) -> None:
    account = world.account()
    user = sign_in(account)
    path = f"/api/agents/{world.agent(account.team_id)}"
    for answer in (user.post("/api/agents/", json=NEW), user.put(path, json={"name": "x"}), user.delete(path)):
        assert (answer.status_code, answer.json and answer.json["code"]) == (403, "admin_required")


def test_another_team_does_not_exist(world: World, sign_in: SignIn) -> None:
    stranger = sign_in(world.account(role="admin"))
    path = f"/api/agents/{world.agent(world.team())}"
    for answer in (stranger.get(path), stranger.put(path, json={"name": "x"}), stranger.delete(path)):
        assert (answer.status_code, answer.json and answer.json["code"]) == (404, "not_found")
    listed = stranger.get("/api/agents/?include_inactive=true").json
    assert listed is not None
    assert listed["items"] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": None}, "name"),
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": 7}, "name"),
        ({"webhook_url": "not an address"}, "webhook_url"),
        ({"webhook_url": "ftp://example.org/x"}, "webhook_url"),
        ({"webhook_url": "http://169.254.169.254/latest"}, "webhook_url"),
        ({"webhook_url": "http://user:secret@127.0.0.1/x"}, "webhook_url"),
        ({"webhook_token": "two words"}, "webhook_token"),
        ({"webhook_token": "line\r\nX-Evil: 1"}, "webhook_token"),
        ({"webhook_token": ""}, "webhook_token"),
        ({"system_prompt": "x" * 32_001}, "system_prompt"),
        ({"system_prompt": "nul \0"}, "system_prompt"),
        ({"system_prompt": "half \ud800"}, "system_prompt"),
        ({"config": []}, "config"),
        ({"config": {"history_limit": 0}}, "config.history_limit"),
        ({"config": {"history_limit": "many"}}, "config.history_limit"),
        ({"config": {"history_limit": True}}, "config.history_limit"),
        ({"config": {"request_format": "xml"}}, "config.request_format"),
        ({"config": {"idle_timeout_s": 0}}, "config.idle_timeout_s"),
        ({"config": {"total_timeout_s": 3601}}, "config.total_timeout_s"),
        ({"config": {"total_timeout_s": "60"}}, "config.total_timeout_s"),
        ({"config": {"blob": "x" * 70_000}}, "config"),
        ({"is_active": "yes"}, "is_active"),
        ({"team_id": str(uuid.uuid4())}, "team_id"),
        ({"created_by": str(uuid.uuid4())}, "created_by"),
    ],
)
def test_bad_fields_are_named(app: Flask, world: World, sign_in: SignIn, change: dict[str, Any], field: str) -> None:
    admin = sign_in(world.account(role="admin"))
    answer = admin.post("/api/agents/", json={**NEW, **change})
    assert answer.status_code == 422, answer.text
    assert answer.json is not None
    assert list(answer.json["errors"]) == [field]
    with app.app_context():
        assert db.session.scalar(text("SELECT count(*) FROM agents")) == 0


def test_pages_follow_one_another(world: World, sign_in: SignIn) -> None:
    account = world.account()
    made = [world.agent(account.team_id) for _ in range(7)]
    client = sign_in(account)
    seen: list[str] = []
    cursor = ""
    for expected in (3, 3, 1):
        page = client.get(f"/api/agents/?limit=3{cursor}").get_json()
        assert len(page["items"]) == expected
        seen += [item["id"] for item in page["items"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert page["next_cursor"] is None
    assert seen == made[::-1]
