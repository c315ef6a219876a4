"""Asking again, where it is refused or goes wrong; and the versions of turns, over the API."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from chatstream.extensions import db
from chatstream.http.services import services
from chatstream.models import AuthSession
from chatstream.services import transcripts, versions
from chatstream.services.generations.asking import Ask, EditedMessage, LastMessage
from chatstream.services.generations.assignment import Assignment, Origin
from chatstream.services.generations.reaping import reap
from tests.conftest import SignIn
from tests.support.queries import counted
from tests.support.world import Account, World

NIL = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def account(world: World) -> Account:
    return world.account()


@pytest.fixture
def client(sign_in: SignIn, account: Account) -> FlaskClient:
    return sign_in(account)


@pytest.fixture
def agent_id(world: World, account: Account) -> str:
    return world.agent(account.team_id)


@pytest.fixture
def chat_id(client: FlaskClient, agent_id: str) -> str:
    made = client.post("/api/chats/", json={"agent_id": agent_id}).json
    assert made is not None
    return str(made["id"])


def say(app: Flask, chat_id: str, *roles: str) -> list[str]:
    """Add messages of these roles; their ids."""
    ids = [str(uuid.uuid4()) for _ in roles]
    messages: list[dict[str, Any]] = [
        {"id": key, "role": role, "content": f"{role} {key}", "timestamp": "2026-01-01T00:00:00.000Z"}
        | ({"status": "complete"} if role == "assistant" else {})
        for key, role in zip(ids, roles, strict=True)
    ]
    with app.app_context():
        transcripts.extend(uuid.UUID(chat_id), messages)
        db.session.commit()
    return ids


def messages(client: FlaskClient, chat_id: str) -> list[dict[str, Any]]:
    opened = client.get(f"/api/chats/{chat_id}?limit=200").json
    assert opened is not None
    assert opened["message_count"] == len(opened["messages"])
    found: list[dict[str, Any]] = opened["messages"]
    return found


def listed(client: FlaskClient, chat_id: str, message_id: str) -> list[dict[str, Any]]:
    answer = client.get(f"/api/chats/{chat_id}/messages/{message_id}/versions")
    assert answer.json is not None
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def accept(account: Account, chat_id: str, ask: Ask) -> Assignment:
    """What a worker commits before it calls the workflow; in an application context."""
    origin = Origin(request_id="test", method="POST", path="/")
    session_id = db.session.scalar(select(AuthSession.id).where(AuthSession.user_id == account.id).limit(1))
    assert session_id is not None
    caller = replace(account.principal, session_id=session_id)
    accepted = services().intake.accept(caller, uuid.UUID(chat_id), ask, origin=origin)
    assert isinstance(accepted, Assignment)
    return accepted


def lose(generation_id: uuid.UUID) -> None:
    """The worker is killed, and half a minute passes; in an application context."""
    db.session.execute(
        text("UPDATE generations SET heartbeat_at = now() - interval '31 seconds' WHERE id = :id"),
        {"id": generation_id},
    )
    db.session.commit()
    assert reap(services().shared_log, []) == 1


def test_a_turn_that_never_changed_is_its_own_first_version(app: Flask, client: FlaskClient, chat_id: str) -> None:
    question, answer = say(app, chat_id, "user", "assistant")
    only = {
        "n": 1,
        "created_at": "2026-01-01T00:00:00.000Z",
        "current": True,
        "message_count": 2,
        "messages": messages(client, chat_id),
    }
    assert listed(client, chat_id, question) == listed(client, chat_id, answer) == [only]
    path = f"/api/chats/{chat_id}/messages/{question}/versions"
    assert client.post(f"{path}/1/restore").status_code == 200
    for n in ("0", "2", "99999999999999999999"):
        assert client.post(f"{path}/{n}/restore").status_code == 404
    assert client.get(f"{path}?cursor=x").status_code == 422


def test_a_list_takes_the_same_queries_for_two_versions_and_for_many(
    app: Flask, client: FlaskClient, chat_id: str
) -> None:
    question, _ = say(app, chat_id, "user", "assistant")
    counts: list[int] = []
    client.get("/api/chats/")  # the caller is looked up once
    for more in (1, 10):
        with app.app_context():
            for _ in range(more):
                message = transcripts.find(uuid.UUID(chat_id), question)
                assert message is not None
                versions.set_aside(uuid.UUID(chat_id), message)
                transcripts.append(uuid.UUID(chat_id), message)
            db.session.commit()
        with counted(app) as seen:
            assert len(listed(client, chat_id, question)) == len(counts) * 10 + 2
        counts.append(len(seen))
    assert counts == [7, 7]


def test_an_opened_chat_says_which_turns_have_versions(app: Flask, client: FlaskClient, chat_id: str) -> None:
    never_changed, _, question, _ = say(app, chat_id, "user", "assistant", "user", "assistant")

    def shown(query: str = "") -> Any:
        return (client.get(f"/api/chats/{chat_id}{query}").json or {})["versions"]

    assert shown() == {}
    with app.app_context():
        for _ in range(2):
            message = transcripts.find(uuid.UUID(chat_id), question)
            assert message is not None
            versions.set_aside(uuid.UUID(chat_id), message)
            transcripts.append(uuid.UUID(chat_id), message)
        db.session.commit()
    assert shown() == {question: {"n": 3, "count": 3}}
    assert shown(f"?before={question}") == {}, "of the messages that are shown only"
    path = f"/api/chats/{chat_id}/messages/{question}/versions/1/restore"
    assert client.post(path).status_code == 200
    assert shown() == {question: {"n": 1, "count": 3}}
    assert never_changed not in shown()


def test_a_lost_answer_leaves_the_earlier_one_to_be_restored(
    app: Flask, client: FlaskClient, account: Account, chat_id: str
) -> None:
    question, _ = say(app, chat_id, "user", "assistant")
    before = messages(client, chat_id)
    with app.app_context():
        again = accept(account, chat_id, LastMessage())
        running = listed(client, chat_id, question)
        assert [(item["n"], item["message_count"], item["messages"]) for item in running] == [
            (2, 1, before[:1]),
            (1, 2, before),
        ]
        db.session.rollback()
        lose(again.generation_id)
    assert [(m["id"], m.get("status")) for m in messages(client, chat_id)] == [
        (question, None),
        (str(again.message_id), "interrupted"),
    ]
    assert client.post(f"/api/chats/{chat_id}/messages/{question}/versions/1/restore").status_code == 200
    assert messages(client, chat_id) == before


def test_a_failure_on_the_way_changes_nothing(app: Flask, client: FlaskClient, chat_id: str) -> None:
    question, _ = say(app, chat_id, "user", "assistant")
    before = messages(client, chat_id)
    with app.app_context(), _full_disk_at_the_last_step():
        again = client.post(f"/api/chats/{chat_id}/regenerate")
        edited = client.put(f"/api/chats/{chat_id}/messages/{question}", json={"content": "x"})
        assert (again.status_code, edited.status_code) == (503, 503)
    assert messages(client, chat_id) == before
    assert len(listed(client, chat_id, question)) == 1
    with app.app_context():
        assert db.session.scalar(text("SELECT count(*) FROM generations")) == 0


@contextmanager
def _full_disk_at_the_last_step() -> Iterator[None]:
    """The message that begins another version can not be written any more."""
    db.session.execute(
        text(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '53100'; END $$"
        )
    )
    db.session.execute(
        text(
            "CREATE TRIGGER full_disk BEFORE UPDATE ON chats FOR EACH ROW "
            "WHEN (NEW.message_count > OLD.message_count) EXECUTE FUNCTION full_disk()"
        )
    )
    db.session.commit()
    try:
        yield
    finally:
        db.session.rollback()
        db.session.execute(text("DROP FUNCTION full_disk CASCADE"))
        db.session.commit()


def test_a_message_without_an_answer_is_asked_again_as_it_stands(
    app: Flask, client: FlaskClient, account: Account, chat_id: str
) -> None:
    """An import may end so."""
    *_, question = say(app, chat_id, "user", "assistant", "user")
    before = messages(client, chat_id)
    with app.app_context():
        asked = accept(account, chat_id, LastMessage())
        assert asked.user_message == before[-1]
        assert [told["content"] for told in asked.history] == [m["content"] for m in before]
        lose(asked.generation_id)
    assert messages(client, chat_id)[:3] == before
    assert len(listed(client, chat_id, question)) == 1


def test_there_must_be_something_to_ask_again(app: Flask, client: FlaskClient, chat_id: str) -> None:
    path = f"/api/chats/{chat_id}"
    assert client.post(f"{path}/regenerate").status_code == 422
    (greeting,) = say(app, chat_id, "assistant")
    assert client.post(f"{path}/regenerate").status_code == 422
    for wrong in (
        client.put(f"{path}/messages/{greeting}", json={"content": "x"}),
        client.put(f"{path}/messages/{greeting}", json={"content": " "}),
        client.put(f"{path}/messages/{greeting}", json={"content": "x", "metadata": {}}),
    ):
        assert wrong.status_code == 422
    assert client.get(f"{path}/messages/{greeting}/versions").status_code == 404
    assert client.put(f"{path}/messages/{NIL}", json={"content": "x"}).status_code == 404
    assert client.put(f"{path}/messages/none", json={"content": "x"}).status_code == 404
    assert len(messages(client, chat_id)) == 1


def test_an_agent_that_is_away_is_not_asked_again(
    app: Flask, world: World, sign_in: SignIn, client: FlaskClient, account: Account, agent_id: str, chat_id: str
) -> None:
    question, _ = say(app, chat_id, "user", "assistant")
    before = messages(client, chat_id)
    admin = sign_in(world.account(account.team_id, role="admin"))
    assert admin.delete(f"/api/agents/{agent_id}").status_code == 204
    for refused in (
        client.post(f"/api/chats/{chat_id}/regenerate"),
        client.put(f"/api/chats/{chat_id}/messages/{question}", json={"content": "x"}),
    ):
        assert (refused.status_code, refused.json and refused.json["code"]) == (409, "agent_unavailable")
    assert messages(client, chat_id) == before


@pytest.mark.parametrize("who", ["same team", "other team", "same team's admin"])
def test_nobody_else_may(
    app: Flask, world: World, sign_in: SignIn, client: FlaskClient, account: Account, chat_id: str, who: str
) -> None:
    question, _ = say(app, chat_id, "user", "assistant")
    before = messages(client, chat_id)
    team_id = account.team_id if "same" in who else world.team()
    stranger = sign_in(world.account(team_id, role="admin" if "admin" in who else "user"))
    path = f"/api/chats/{chat_id}"
    for answer in (
        stranger.post(f"{path}/regenerate"),
        stranger.put(f"{path}/messages/{question}", json={"content": "x"}),
        stranger.get(f"{path}/messages/{question}/versions"),
        stranger.post(f"{path}/messages/{question}/versions/1/restore"),
    ):
        assert (answer.status_code, answer.json and answer.json["code"]) == (404, "not_found")
    assert messages(client, chat_id) == before


def test_a_long_chat_is_edited_at_its_start_and_comes_back(
    app: Flask, client: FlaskClient, account: Account, chat_id: str
) -> None:
    """Through many pages, and without a message passing through the application."""
    roles = ["user", "assistant"] * 150
    ids = say(app, chat_id, *roles)
    with app.app_context():
        whole = transcripts.between(uuid.UUID(chat_id), 0, 1000)
        lose(accept(account, chat_id, EditedMessage(uuid.UUID(ids[4]), "edited")).generation_id)
        assert len(messages(client, chat_id)) == 6
        assert listed(client, chat_id, ids[4])[1]["message_count"] == 296
        versions.restore(account.principal, uuid.UUID(chat_id), uuid.UUID(ids[4]), 1)
        assert transcripts.between(uuid.UUID(chat_id), 0, 1000) == whole
        (count,) = db.session.execute(text("SELECT message_count FROM chats")).one()
    assert count == 300
