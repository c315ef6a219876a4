"""Chats over the API."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import selectinload

from chatstream.extensions import db
from chatstream.models import Chat, ChatVersion, Generation
from chatstream.schemas import chats as schemas
from chatstream.services import transcripts
from chatstream.services.opened_chats import TurnVersions
from tests.conftest import SignIn
from tests.support.queries import counted
from tests.support.world import Account, World

NIL = "00000000-0000-4000-8000-000000000000"


def open_chat(client: Any, agent_id: str, **fields: Any) -> dict[str, Any]:
    answer = client.post("/api/chats/", json={"agent_id": agent_id, **fields})
    assert answer.status_code == 201, answer.text
    chat: dict[str, Any] = answer.json
    return chat


def fill(app: Flask, chat_id: str, count: int) -> list[str]:
    ids = [str(uuid.uuid4()) for _ in range(count)]
    with app.app_context():
        for number, message_id in enumerate(ids):
            role = "assistant" if number % 2 else "user"
            message = {
                "id": message_id,
                "role": role,
                "content": f"message {number}",
                "timestamp": "2026-01-01T00:00:00Z",
            }
            transcripts.append(uuid.UUID(chat_id), message)
        db.session.commit()
    return ids


@pytest.fixture
def account(world: World) -> Account:
    return world.account()


def test_a_chat_is_opened_read_changed_and_deleted(world: World, sign_in: SignIn, account: Account) -> None:
    client = sign_in(account)
    agent_id = world.agent(account.team_id)
    made = open_chat(client, agent_id, title=" Plans ", metadata={"color": "blue"})
    assert made == {
        "id": made["id"],
        "team_id": str(account.team_id),
        "user_id": str(account.id),
        "agent_id": agent_id,
        "title": "Plans",
        "metadata": {"color": "blue"},
        "is_archived": False,
        "message_count": 0,
        "created_at": made["created_at"],
        "updated_at": made["updated_at"],
    }
    path = f"/api/chats/{made['id']}"
    opened = {"messages": [], "has_more": False, "generation": None, "versions": {}}
    assert client.get(path).json == made | opened
    changed = client.put(path, json={"title": "Plan B", "is_archived": True}).json
    assert changed is not None
    assert (changed["title"], changed["is_archived"], changed["metadata"]) == ("Plan B", True, {"color": "blue"})
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404
    assert client.delete(path).status_code == 404


def test_the_list_is_newest_activity_first(app: Flask, world: World, sign_in: SignIn, account: Account) -> None:
    client = sign_in(account)
    agent_id = world.agent(account.team_id)
    chats = [open_chat(client, agent_id)["id"] for _ in range(3)]
    fill(app, chats[0], 1)
    page = client.get("/api/chats/").json
    assert page is not None
    assert [item["id"] for item in page["items"]] == [chats[0], chats[2], chats[1]]
    assert all("messages" not in item for item in page["items"])
    assert page["items"][0]["message_count"] == 1


def test_the_list_is_filtered(world: World, sign_in: SignIn, account: Account) -> None:
    client = sign_in(account)
    one, two = world.agent(account.team_id), world.agent(account.team_id)
    first, second = open_chat(client, one)["id"], open_chat(client, two)["id"]
    client.put(f"/api/chats/{first}", json={"is_archived": True})
    for query, expected in (
        ("", {first, second}),
        ("?archived=true", {first}),
        ("?archived=false", {second}),
        (f"?agent_id={two}", {second}),
        (f"?agent_id={one}&archived=false", set()),
    ):
        page = client.get(f"/api/chats/{query}").json
        assert page is not None
        assert {item["id"] for item in page["items"]} == expected, query


def test_deep_pages_neither_skip_nor_repeat(app: Flask, world: World, sign_in: SignIn, account: Account) -> None:
    client = sign_in(account)
    agent_id = world.agent(account.team_id)
    made = {open_chat(client, agent_id)["id"] for _ in range(25)}
    with app.app_context():  # many with the very same instant
        db.session.execute(text("UPDATE chats SET updated_at = '2026-01-01T00:00:00Z'"))
        db.session.commit()
    seen: list[str] = []
    cursor = None
    while True:
        page = client.get("/api/chats/", query_string={"limit": 4} | ({"cursor": cursor} if cursor else {})).json
        assert page is not None
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == 25
    assert set(seen) == made


def test_a_list_takes_the_same_queries_for_one_chat_and_for_many(
    app: Flask, world: World, sign_in: SignIn, account: Account
) -> None:
    client = sign_in(account)
    agent_id = world.agent(account.team_id)
    counts = []
    for more in (1, 19):
        for _ in range(more):
            open_chat(client, agent_id)
        with counted(app) as seen:
            assert client.get("/api/chats/").status_code == 200
        counts.append(len(seen))
        assert not any("messages" in statement for statement in seen), "a list has no use for transcripts"
    assert counts == [1, 1]


def test_what_is_shown_is_what_is_documented(app: Flask, world: World, sign_in: SignIn, account: Account) -> None:
    """Chats are written to JSON by hand: the fields of the schemas, in their forms, and no others."""
    client = sign_in(account)
    chat = open_chat(client, world.agent(account.team_id), title="ü\u2028", metadata={"huge": 10**30, "half": 0.5})
    ids = fill(app, chat["id"], 3)
    with app.app_context():
        generation = Generation(chat_id=chat["id"], user_id=account.id, agent_id=chat["agent_id"])
        db.session.add(generation)
        db.session.add(ChatVersion(chat_id=chat["id"], message_id=ids[2], number=2, is_current=True))
        db.session.flush()
        generation_id = str(generation.id)
        row = db.session.scalar(select(Chat).where(Chat.id == chat["id"]).options(selectinload(Chat.running)))
        listed = schemas.ListedChat().dump(row)
        messages, has_more = transcripts.newest(uuid.UUID(chat["id"]), limit=2)
        versions = {ids[2]: TurnVersions(number=2, count=1)}
        beyond = {"messages": messages, "has_more": has_more, "generation": generation, "versions": versions}
        opened = schemas.Chat().dump(row) | schemas.Messages().dump(beyond)
        db.session.commit()
    assert client.get("/api/chats/").json == {"items": [listed], "next_cursor": None}
    answer = client.get(f"/api/chats/{chat['id']}?limit=2")
    assert answer.json == opened
    assert opened["metadata"] == {"huge": 10**30, "half": 0.5}
    assert opened["generation"] == listed["generation"] == {"id": generation_id, "status": "running"}
    assert opened["versions"] == {ids[2]: {"n": 2, "count": 1}}


def test_a_chat_is_opened_by_one_query(app: Flask, world: World, sign_in: SignIn, account: Account) -> None:
    client = sign_in(account)
    path = f"/api/chats/{open_chat(client, world.agent(account.team_id))['id']}"
    client.get(path)
    with counted(app) as seen:
        assert client.get(path).status_code == 200
    assert len(seen) == 1, seen


@pytest.mark.parametrize("cursor", ["x", "!!!", "AAAA", "MjAyNg", "é", "%00", "a" * 201])
def test_a_bad_cursor_is_refused(world: World, sign_in: SignIn, account: Account, cursor: str) -> None:
    answer = sign_in(account).get("/api/chats/", query_string={"cursor": cursor})
    assert answer.status_code == 422
    assert answer.json is not None
    assert list(answer.json["errors"]) == ["cursor"]


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "archived=maybe", "agent_id=1"])
def test_a_bad_query_is_refused(world: World, sign_in: SignIn, account: Account, query: str) -> None:
    answer = sign_in(account).get(f"/api/chats/?{query}")
    assert answer.status_code == 422
    assert answer.json is not None
    assert list(answer.json["errors"]) == [query.split("=")[0]]


def test_older_messages_come_by_windows(app: Flask, world: World, sign_in: SignIn, account: Account) -> None:
    client = sign_in(account)
    chat = open_chat(client, world.agent(account.team_id))
    ids = fill(app, chat["id"], 120)
    path = f"/api/chats/{chat['id']}"
    newest = client.get(path).json
    assert newest is not None
    assert [message["id"] for message in newest["messages"]] == ids[70:]
    assert newest["has_more"] is True
    assert newest["message_count"] == 120
    older = client.get(f"{path}?limit=60&before={ids[70]}").json
    assert older is not None
    assert [message["id"] for message in older["messages"]] == ids[10:70]
    oldest = client.get(f"{path}?before={ids[10]}").json
    assert oldest is not None
    assert ([message["id"] for message in oldest["messages"]], oldest["has_more"]) == (ids[:10], False)
    first = client.get(f"{path}?before={ids[0]}").json
    assert first is not None
    assert (first["messages"], first["has_more"]) == ([], False)
    everything = client.get(f"{path}?limit=200").json
    assert everything is not None
    assert len(everything["messages"]) == 120
    assert client.get(f"{path}?limit=201").status_code == 422
    assert client.get(f"{path}?before={NIL}").status_code == 422


@pytest.mark.parametrize("who", ["same team", "other team", "other team's admin", "same team's admin"])
def test_somebody_elses_chat_does_not_exist(world: World, sign_in: SignIn, account: Account, who: str) -> None:
    chat = open_chat(sign_in(account), world.agent(account.team_id))
    team = account.team_id if "same" in who else world.team()
    stranger = sign_in(world.account(team, role="admin" if "admin" in who else "user"))
    path = f"/api/chats/{chat['id']}"
    for answer in (
        stranger.get(path),
        stranger.put(path, json={"title": "Mine"}),
        stranger.post(f"{path}/messages", json={"content": "Hello"}),
        stranger.delete(path),
    ):
        assert (answer.status_code, answer.json and answer.json["code"]) == (404, "not_found")
    page = stranger.get("/api/chats/").json
    assert page is not None
    assert page["items"] == []
    still = sign_in(account).get(path).json
    assert still is not None
    assert still["title"] is None
    assert still["message_count"] == 0


def test_a_chat_needs_an_agent_of_the_team_that_is_active(world: World, sign_in: SignIn, account: Account) -> None:
    client = sign_in(account)
    for agent_id in (NIL, world.agent(world.team())):
        assert client.post("/api/chats/", json={"agent_id": agent_id}).status_code == 404
    inactive = world.agent(account.team_id, is_active=False)
    answer = client.post("/api/chats/", json={"agent_id": inactive})
    assert (answer.status_code, answer.json and answer.json["code"]) == (409, "agent_unavailable")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "agent_id"),
        ({"agent_id": 1}, "agent_id"),
        ({"agent_id": NIL, "title": ""}, "title"),
        ({"agent_id": NIL, "title": " \n "}, "title"),
        ({"agent_id": NIL, "title": "x" * 201}, "title"),
        ({"agent_id": NIL, "metadata": []}, "metadata"),
        ({"agent_id": NIL, "metadata": None}, "metadata"),
        ({"agent_id": NIL, "metadata": {"x": "y" * 17_000}}, "metadata"),
        ({"agent_id": NIL, "metadata": {"x": "\0"}}, "metadata"),
        ({"agent_id": NIL, "metadata": {"\ud800": 1}}, "metadata"),
        ({"agent_id": NIL, "user_id": NIL}, "user_id"),
        ({"agent_id": NIL, "messages": []}, "messages"),
    ],
)
def test_bad_fields_are_named(
    world: World, sign_in: SignIn, account: Account, body: dict[str, Any], field: str
) -> None:
    answer = sign_in(account).post("/api/chats/", json=body)
    assert answer.status_code == 422
    assert answer.json is not None
    assert list(answer.json["errors"]) == [field]
