"""PostgreSQL's disk is full: nothing half-written, a clear answer, and well again afterwards."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import text

from chatstream.extensions import db
from chatstream.n8n_sim.answers import expected_text
from tests.support.frames import read
from tests.support.person import Person
from tests.support.world import Account, World

TABLES = ("chats", "generations", "auth_sessions", "agents")


@contextmanager
def full_disk(app: Flask) -> Iterator[None]:
    """Every write to the product's tables fails as it does on a full disk (SQLSTATE 53100)."""
    with app.app_context():
        db.session.execute(
            text(
                "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$"
            )
        )
        for table in TABLES:
            db.session.execute(
                text(f"CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON {table} EXECUTE FUNCTION full_disk()")
            )
        db.session.commit()
    try:
        yield
    finally:
        with app.app_context():
            db.session.execute(text("DROP FUNCTION full_disk CASCADE"))
            db.session.commit()


@pytest.fixture
def account(world: World) -> Account:
    return world.account(role="admin")


def test_writes_are_refused_whole(
    app: Flask, world: World, person: Callable[[Account], Person], account: Account, simulator: str
) -> None:
    client = person(account)
    agent_id = world.agent(account.team_id, f"{simulator}?tokens=2&delay_ms=0")
    chat_id = client.open_chat(agent_id)
    with full_disk(app):
        answers = [
            client.post("/api/chats/", {"agent_id": agent_id}),
            client.post(f"/api/chats/{chat_id}/messages", {"content": "Hello"}),
            client.post("/api/agents/", {"name": "x", "webhook_url": simulator}),
            client.http.put(f"{client.url}/api/chats/{chat_id}", json={"title": "x"}, timeout=10),
        ]
        for answer in answers:
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            assert answer.headers["Retry-After"]
        assert client.chat(chat_id)["messages"] == []
    assert client.chat(chat_id)["title"] is None
    assert client.send(chat_id).end[0] == "done"
    assert client.chat(chat_id)["message_count"] == 2


def test_an_answer_that_ends_meanwhile_is_stored_when_there_is_room(
    app: Flask, world: World, person: Callable[[Account], Person], account: Account, simulator: str
) -> None:
    client = person(account)
    chat_id = client.open_chat(world.agent(account.team_id, f"{simulator}?tokens=20&delay_ms=20"))
    with client.begin(chat_id) as response:
        room = threading.Event()

        def fill() -> None:
            with full_disk(app):
                room.wait(20)

        disk = threading.Thread(target=fill)
        disk.start()
        time.sleep(2)  # the workflow has ended long ago
        assert client.chat(chat_id)["generation"] is not None
        room.set()
        stream = read(response)
        disk.join()
    assert stream.end[0] == "done"
    assert stream.text == expected_text(20) == client.chat(chat_id)["messages"][-1]["content"]
