"""Feedback: given by users, read by the admins of their team."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from chatstream.extensions import db
from tests.api.test_chats import NIL, fill, open_chat
from tests.conftest import SignIn
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


@pytest.fixture
def admin(world: World, sign_in: SignIn, account: Account) -> FlaskClient:
    return sign_in(world.account(account.team_id, role="admin"))


def rate(client: FlaskClient, chat_id: str, message_id: str, rating: str | None, **fields: Any) -> Any:
    path = f"/api/chats/{chat_id}/messages/{message_id}/feedback"
    return client.put(path, json={"rating": rating, **fields})


def test_an_answer_is_rated_rated_anew_and_no_more(
    app: Flask, client: FlaskClient, agent: str, admin: FlaskClient, account: Account
) -> None:
    chat_id = open_chat(client, agent)["id"]
    ids = fill(app, chat_id, 60)  # the first fifty are in a page, the rest in the tail
    for place in (1, 59):
        answer = rate(client, chat_id, ids[place], "up")
        assert answer.status_code == 200
        assert answer.json["feedback"] == {"rating": "up"}
    rate(client, chat_id, ids[59], "down", comment="Wrong year")
    newest = client.get(f"/api/chats/{chat_id}").get_json()["messages"][-1]
    assert newest["feedback"] == {"rating": "down", "comment": "Wrong year"}
    shown = admin.get(f"/api/agents/{agent}/feedback").get_json()
    assert shown["counts"] == {"up": 1, "down": 1}
    assert shown["next_cursor"] is None
    latest = shown["items"][0]
    assert latest.pop("id")
    assert latest.pop("rated_at").endswith("Z")
    assert latest == {
        "chat_id": chat_id,
        "message_id": ids[59],
        "user_id": str(account.id),
        "rating": "down",
        "comment": "Wrong year",
        "question": "message 58",
        "answer": "message 59",
    }
    assert [item["message_id"] for item in shown["items"]] == [ids[59], ids[1]]
    only_up = admin.get(f"/api/agents/{agent}/feedback?rating=up").get_json()
    assert [item["message_id"] for item in only_up["items"]] == [ids[1]]
    assert "feedback" not in rate(client, chat_id, ids[59], None).json
    assert admin.get(f"/api/agents/{agent}/feedback").get_json()["counts"] == {"up": 1, "down": 0}
    client.delete(f"/api/chats/{chat_id}")
    assert admin.get(f"/api/agents/{agent}/feedback").get_json()["items"] == []


def test_what_can_not_be_rated(app: Flask, world: World, sign_in: SignIn, client: FlaskClient, agent: str) -> None:
    chat_id = open_chat(client, agent)["id"]
    question, answer = fill(app, chat_id, 2)
    refused = rate(client, chat_id, question, "up")
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["message_id"])
    for body, field in (
        ({}, "rating"),
        ({"rating": "best"}, "rating"),
        ({"rating": True}, "rating"),
        ({"rating": "up", "comment": "x" * 2001}, "comment"),
        ({"rating": "up", "comment": " "}, "comment"),
        ({"rating": None, "comment": "x"}, "comment"),
        ({"rating": "up", "user_id": NIL}, "user_id"),
    ):
        refused = client.put(f"/api/chats/{chat_id}/messages/{answer}/feedback", json=body)
        assert (refused.status_code, list(refused.get_json()["errors"])) == (422, [field]), body
    assert rate(client, chat_id, NIL, "up").status_code == 404
    assert rate(client, open_chat(client, agent)["id"], answer, "up").status_code == 404
    with app.app_context():
        assert db.session.scalar(text("SELECT count(*) FROM message_feedback")) == 0


def test_ratings_stay_in_the_team(
    app: Flask, world: World, sign_in: SignIn, client: FlaskClient, agent: str, account: Account
) -> None:
    chat_id = open_chat(client, agent)["id"]
    _, answer = fill(app, chat_id, 2)
    rate(client, chat_id, answer, "up")
    for stranger in (world.account(account.team_id), world.account(account.team_id, role="admin"), world.account()):
        assert rate(sign_in(stranger), chat_id, answer, "down").status_code == 404
    assert sign_in(world.account(role="admin")).get(f"/api/agents/{agent}/feedback").status_code == 404
    assert client.get(f"/api/agents/{agent}/feedback").get_json()["code"] == "admin_required"


def test_a_list_takes_the_same_queries_for_one_rating_and_for_many(
    app: Flask, client: FlaskClient, agent: str, admin: FlaskClient
) -> None:
    chat_id = open_chat(client, agent)["id"]
    ids = fill(app, chat_id, 50)
    counts = []
    admin.get("/api/agents")  # the caller is looked up once
    for rated in (ids[1:2], ids[3:41:2]):
        for message_id in rated:
            rate(client, chat_id, message_id, "up")
        with counted(app) as seen:
            page = admin.get(f"/api/agents/{agent}/feedback?limit=15").get_json()
        counts.append(len(seen))
    assert counts == [3, 3]
    rest = admin.get(f"/api/agents/{agent}/feedback?limit=15&cursor={page['next_cursor']}").get_json()
    assert len({item["message_id"] for item in page["items"] + rest["items"]}) == 20
