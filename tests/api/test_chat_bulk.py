"""Many chats at once: archived, deleted, and purged by age."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from chatstream.extensions import db
from tests.api.test_chats import NIL, fill, open_chat
from tests.api.test_cli import rows, run
from tests.conftest import SignIn
from tests.support.purged import clear_away
from tests.support.queries import counted
from tests.support.world import Account, World


@pytest.fixture
def account(world: World) -> Account:
    return world.account()


@pytest.fixture
def client(sign_in: SignIn, account: Account) -> FlaskClient:
    return sign_in(account)


@pytest.fixture
def agent(world: World, account: Account) -> str:
    return world.agent(account.team_id)


def listed(client: FlaskClient, query: str = "") -> list[str]:
    return [item["id"] for item in client.get(f"/api/chats/{query}").get_json()["items"]]


def bulk(client: FlaskClient, action: str, *ids: str) -> Any:
    answer = client.post("/api/chats/bulk", json={"ids": ids, "action": action})
    assert answer.status_code == 200, answer.text
    return answer.json


def test_chats_are_archived_brought_back_and_deleted(
    app: Flask, world: World, sign_in: SignIn, client: FlaskClient, agent: str, account: Account
) -> None:
    first, second, third = (open_chat(client, agent)["id"] for _ in range(3))
    fill(app, first, 60)
    foreign = open_chat(sign_in(world.account(account.team_id)), agent)["id"]
    before = listed(client)
    outcome = bulk(client, "archive", second, NIL, first, foreign, second)
    assert outcome == {"done": [second, first], "not_found": [NIL, foreign]}
    assert listed(client, "?archived=true") == [first, second]
    assert listed(client) == before
    assert bulk(client, "unarchive", first)["done"] == [first]
    with counted(app) as seen:
        assert bulk(client, "delete", third, first, foreign) == {"done": [third, first], "not_found": [foreign]}
    assert len(seen) <= 6
    assert listed(client) == [second]
    clear_away(app)
    assert rows(app, "SELECT count(*) FROM chats") == [(2,)]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"ids": [], "action": "archive"}, "ids"),
        ({"ids": [NIL] * 101, "action": "archive"}, "ids"),
        ({"ids": ["x"], "action": "archive"}, "ids.0"),
        ({"ids": NIL, "action": "archive"}, "ids"),
        ({"ids": [NIL], "action": "destroy"}, "action"),
        ({"ids": [NIL]}, "action"),
    ],
)
def test_a_bad_act_is_refused(client: FlaskClient, body: dict[str, Any], field: str) -> None:
    answer = client.post("/api/chats/bulk", json=body)
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [field])


def age(app: Flask, days: float, *chat_ids: str) -> None:
    with app.app_context():
        statement = text("UPDATE chats SET updated_at = now() - make_interval(secs => :s) WHERE id = ANY(:ids)")
        db.session.execute(statement, {"s": days * 86_400, "ids": [uuid.UUID(chat_id) for chat_id in chat_ids]})
        db.session.commit()


def test_a_purge_deletes_what_is_too_old_and_nothing_else(
    app: Flask, world: World, sign_in: SignIn, client: FlaskClient, agent: str, account: Account
) -> None:
    assert "No retention time" in run(app, "chats", "purge", "--yes")
    keeper = world.account()
    kept = open_chat(sign_in(keeper), world.agent(keeper.team_id))["id"]
    old = [open_chat(client, agent)["id"] for _ in range(45)]
    young, busy = open_chat(client, agent)["id"], open_chat(client, agent)["id"]
    age(app, 30.1, *old, busy, kept)
    age(app, 29.9, young)
    with app.app_context():
        db.session.execute(
            text("UPDATE teams SET retention_days = 30 WHERE id = :id"),
            {"id": account.team_id},
        )
        db.session.execute(
            text("INSERT INTO generations (chat_id, user_id, agent_id) VALUES (:chat, :user, :agent)"),
            {"chat": busy, "user": account.id, "agent": agent},
        )
        db.session.commit()
    assert "45 chats older than 30 days; --yes deletes" in run(app, "chats", "purge")
    assert len(listed(client, "?limit=100")) == 47
    assert run(app, "chats", "purge", "--team", str(keeper.team_id), "--yes") == "No retention time is set.\n"
    output = run(app, "chats", "purge", "--team", str(account.team_id), "--yes")
    assert "20 chats so far" in output
    assert "45 chats older than 30 days deleted" in output
    assert set(listed(client)) == {young, busy}
    clear_away(app)
    assert rows(app, "SELECT count(*) FROM chats") == [(3,)]
    assert "no team" in run(app, "chats", "purge", "--team", "nowhere", fails=True)


def test_the_entries_of_searches_are_made_anew(app: Flask, client: FlaskClient, agent: str) -> None:
    ids = [open_chat(client, agent, title=f"title {number}")["id"] for number in range(25)]
    fill(app, ids[0], 60)
    before = rows(app, "SELECT chat_id, place, words::text FROM search_entries ORDER BY 1, 2")
    assert len(before) == 85
    with app.app_context():
        db.session.execute(text("UPDATE search_entries SET words = ''"))
        db.session.commit()
    assert "25 chats indexed" in run(app, "search", "rebuild")
    assert rows(app, "SELECT chat_id, place, words::text FROM search_entries ORDER BY 1, 2") == before
