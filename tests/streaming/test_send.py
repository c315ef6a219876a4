"""Sending a message to a workflow and following the answer, through a real gunicorn."""

from __future__ import annotations

import itertools
import socket
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import text

from chatstream.extensions import db
from chatstream.n8n_sim.answers import expected_text
from tests.support.frames import read
from tests.support.person import Person
from tests.support.purged import clear_away
from tests.support.server import Server
from tests.support.world import Account, World

Arrive = Callable[[Account], Person]


@pytest.fixture
def account(world: World) -> Account:
    return world.account()


def wait_for_answer(person: Person, chat_id: str, *, seconds: float = 20) -> dict[str, Any]:
    """The chat once no answer is being written in it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        chat = person.chat(chat_id)
        if chat["generation"] is None:
            return chat
        time.sleep(0.05)
    raise AssertionError("the answer does not end")


def test_an_answer_arrives_piece_by_piece_and_is_kept(
    world: World, person: Arrive, account: Account, simulator: str
) -> None:
    client = person(account)
    chat_id = client.open_chat(world.agent(account.team_id, f"{simulator}?tokens=30&delay_ms=10"))
    arrivals = []
    with client.begin(chat_id, "What is  a\n monad?") as response:
        assert response.headers["Cache-Control"] == "no-cache, no-transform"
        assert response.headers["X-Accel-Buffering"] == "no"
        assert response.headers["X-Request-ID"]
        assert "Content-Encoding" not in response.headers
        for line in response.iter_lines():
            if b'"message"' in line:
                arrivals.append(time.monotonic())
    assert arrivals[-1] - arrivals[0] > 0.15, "the pieces came at once"

    stream = client.send(chat_id, "Go on")
    assert stream.events[0] == (
        "status",
        {"description": "Sending request to n8n webhook...", "level": "info", "done": False},
    )
    assert [kind for kind, _ in itertools.groupby(stream.types)] == ["status", "message", "status", "done"]
    assert stream.events[-2][1] == {"description": "Stream completed", "level": "info", "done": True}
    assert stream.text == expected_text(30)
    chat = client.chat(chat_id)
    assert chat["title"] == "What is a monad?"
    assert chat["message_count"] == 4
    assert [message["role"] for message in chat["messages"]] == ["user", "assistant"] * 2
    assert chat["messages"][0]["content"] == "What is  a\n monad?"
    answer = chat["messages"][-1]
    assert (answer["content"], answer["status"]) == (stream.text, "complete")
    assert stream.end == (
        "done",
        {"message": "Stream completed", "message_id": answer["id"], "status": "complete"},
    )
    assert chat["generation"] is None


def test_done_is_told_only_after_the_commit(
    app: Flask, world: World, person: Arrive, account: Account, simulator: str
) -> None:
    client = person(account)
    chat_id = client.open_chat(world.agent(account.team_id, f"{simulator}?tokens=3&delay_ms=0"))
    for _ in range(20):
        with client.begin(chat_id) as response:
            for line in response.iter_lines():
                if b'"done", "data"' in line:
                    with app.app_context():
                        running, stored = db.session.execute(
                            text("SELECT count(*) FILTER (WHERE status = 'running'), count(*) FROM generations")
                        ).one()
                        assert running == 0
                        assert db.session.scalar(text("SELECT message_count FROM chats")) == 2 * stored


def test_the_workflow_is_told_the_conversation(world: World, person: Arrive, account: Account, simulator: str) -> None:
    client = person(account)
    base = simulator.rpartition("/webhook/")[0]
    agent_id = world.agent(
        account.team_id,
        f"{simulator}?tokens=2&delay_ms=0",
        system_prompt="Be kind.",
        config={"history_limit": 3, "model": "m"},
    )
    chat_id = client.open_chat(agent_id)
    client.send(chat_id, "first")
    client.send(chat_id, "second")
    requests.delete(f"{base}/requests", timeout=30)
    client.post(
        f"/api/chats/{chat_id}/messages?stream=false", {"content": "third"}, headers={"X-Request-ID": "trace-me"}
    )
    (request,) = requests.get(f"{base}/requests", timeout=30).json()
    headers = {name.lower(): value for name, value in request["headers"].items()}
    assert headers["x-request-id"] == "trace-me"
    assert headers["accept-encoding"] == "identity"
    sent = request["body"]
    chat = client.chat(chat_id)
    assert [message["content"] for message in sent["messages"]] == ["second", expected_text(2), "third"]
    assert all(set(message) == {"role", "content", "timestamp"} for message in sent["messages"])
    assert {name: sent[name] for name in sent if name != "messages"} == {
        "system_prompt": "Be kind.",
        "config": {"history_limit": 3, "model": "m"},
        "session_id": chat_id,
        "message_id": chat["messages"][-2]["id"],
        "user": {"id": str(account.id), "role": "user"},
        "team_id": str(account.team_id),
    }


def test_a_chat_trigger_gets_its_own_format(world: World, person: Arrive, account: Account, simulator: str) -> None:
    client = person(account)
    base = simulator.rpartition("/webhook/")[0]
    agent_id = world.agent(account.team_id, f"{simulator}?tokens=2&delay_ms=0", config={"request_format": "n8n_chat"})
    chat_id = client.open_chat(agent_id)
    requests.delete(f"{base}/requests", timeout=30)
    client.send(chat_id, "Hi there")
    (request,) = requests.get(f"{base}/requests", timeout=30).json()
    assert request["body"] == {"action": "sendMessage", "sessionId": chat_id, "chatInput": "Hi there"}


@pytest.mark.parametrize(
    ("query", "accept", "streams"),
    [
        ("", None, True),
        ("", "*/*", True),
        ("", "text/event-stream", True),
        ("", "application/json", False),
        ("", "application/json, text/plain, */*", False),
        ("?stream=false", "text/event-stream", False),
        ("?stream=true", "*/*", True),
    ],
)
def test_one_json_answer_where_it_is_asked_for(
    world: World, person: Arrive, account: Account, simulator: str, query: str, accept: str | None, streams: bool
) -> None:
    client = person(account)
    chat_id = client.open_chat(world.agent(account.team_id, f"{simulator}?tokens=3&delay_ms=0"))
    response = client.post(
        f"/api/chats/{chat_id}/messages{query}",
        {"content": "Hello", "metadata": {"from": "test"}},
        headers={"Accept": accept},
        stream=True,
    )
    with response:
        if streams:
            assert read(response).text == expected_text(3)
            return
        assert response.status_code == 200
        exchange = response.json()
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Generation-ID"]
    chat = client.chat(chat_id)
    assert exchange == {"user_message": chat["messages"][0], "message": chat["messages"][1]}
    assert exchange["user_message"]["metadata"] == {"from": "test"}


def test_a_failure_is_an_error_with_and_without_a_stream(
    app: Flask, world: World, person: Arrive, account: Account, simulator: str
) -> None:
    client = person(account)
    chat_id = client.open_chat(world.agent(account.team_id, f"{simulator}?tokens=5&delay_ms=0&fail=cut&after=3"))
    stream = client.send(chat_id)
    assert stream.types[-2:] == ["status", "error"]
    assert stream.events[-2][1]["level"] == "error"
    assert stream.events[-2][1]["done"] is True
    assert stream.end[1]["code"] == "upstream_reset"
    assert "The workflow said" not in stream.end[1]["message"]
    answer = client.chat(chat_id)["messages"][-1]
    assert (answer["content"], answer["status"]) == (stream.text, "error")
    assert answer["metadata"] == {"error_code": "upstream_reset"}
    assert stream.text

    whole = client.post(f"/api/chats/{chat_id}/messages?stream=false", {"content": "Again"})
    assert whole.status_code == 502
    assert whole.headers["Content-Type"] == "application/problem+json"
    assert whole.json()["code"] == "upstream_reset"
    assert client.chat(chat_id)["message_count"] == 4
    with app.app_context():
        logged = db.session.execute(text("SELECT * FROM error_logs")).mappings().one()
    assert (logged["code"], logged["count"]) == ("upstream_reset", 2)
    assert str(logged["chat_id"]) == chat_id
    assert logged["request_id"] == whole.headers["X-Request-ID"]
    assert logged["user_id"] == account.id


def test_an_admin_is_told_what_the_workflow_said(world: World, person: Arrive, simulator: str) -> None:
    admin = world.account(role="admin")
    client = person(admin)
    chat_id = client.open_chat(world.agent(admin.team_id, f"{simulator}?fail=error_500"))
    kind, data = client.send(chat_id).end
    assert kind == "error"
    assert data["code"] == "upstream_error"
    assert "Error in workflow" in data["message"]


def test_the_answer_runs_on_without_its_client(
    world: World, person: Arrive, account: Account, simulator: str, server: Server
) -> None:
    client = person(account)
    chat_id = client.open_chat(world.agent(account.team_id, f"{simulator}?tokens=40&delay_ms=20"))
    for cut_after in (0, 1, 200, 1500):
        cookie = "; ".join(f"{name}={value}" for name, value in client.http.cookies.items())
        body = b'{"content": "Hello"}'
        with socket.create_connection(("127.0.0.1", server.port)) as raw:
            raw.sendall(
                (
                    f"POST /api/chats/{chat_id}/messages HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n"
                    f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
                ).encode()
                + body
            )
            received = 0
            while received <= cut_after:
                received += len(raw.recv(64))
        running = client.chat(chat_id)["generation"]
        assert running is not None
        assert running["status"] == "running"
        uuid.UUID(running["id"])
        chat = wait_for_answer(client, chat_id)
        assert chat["messages"][-1]["content"] == expected_text(40)
        assert chat["messages"][-1]["status"] == "complete"


def test_one_answer_at_a_time(world: World, person: Arrive, account: Account, simulator: str) -> None:
    client = person(account)
    chat_id = client.open_chat(world.agent(account.team_id, f"{simulator}?tokens=20&delay_ms=20"))
    idle = client.open_chat(world.agent(account.team_id, simulator))
    with client.begin(chat_id, "one") as first:
        listed = {chat["id"]: chat["generation"] for chat in client.get("/api/chats/").json()["items"]}
        assert listed == {chat_id: client.chat(chat_id)["generation"], idle: None}
        assert listed[chat_id]["status"] == "running"
        second = client.post(f"/api/chats/{chat_id}/messages", {"content": "two"})
        assert (second.status_code, second.json()["code"]) == (409, "generation_in_progress")
        assert read(first).end[0] == "done"
    assert [chat["generation"] for chat in client.get("/api/chats/").json()["items"]] == [None, None]
    assert [message["content"] for message in client.chat(chat_id)["messages"]] == ["one", expected_text(20)]


def test_a_user_has_five_answers_running_at_most(
    world: World, person: Arrive, account: Account, simulator: str
) -> None:
    client = person(account)
    agent_id = world.agent(account.team_id, f"{simulator}?tokens=30&delay_ms=20")
    chats = [client.open_chat(agent_id) for _ in range(6)]
    running = [client.begin(chat_id) for chat_id in chats[:5]]
    refused = client.post(f"/api/chats/{chats[5]}/messages", {"content": "one too many"})
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_streams")
    assert refused.headers["Retry-After"]
    assert client.chat(chats[5])["message_count"] == 0
    for response in running:
        with response:
            assert read(response).end[0] == "done"
    assert client.send(chats[5]).end[0] == "done"


def test_deleting_a_chat_stops_its_answer(
    app: Flask, world: World, person: Arrive, account: Account, simulator: str
) -> None:
    client = person(account)
    base = simulator.rpartition("/webhook/")[0]
    chat_id = client.open_chat(world.agent(account.team_id, f"{simulator}?tokens=1000&delay_ms=10"))
    with client.begin(chat_id) as response:
        assert client.http.delete(f"{client.url}/api/chats/{chat_id}", timeout=10).status_code == 204
        stream = read(response)
    assert stream.end[0] == "done"
    assert stream.end[1]["status"] == "stopped"
    clear_away(app)
    with app.app_context():
        assert db.session.scalar(text("SELECT count(*) FROM generations")) == 0
    deadline = time.monotonic() + 5
    while requests.get(f"{base}/connections", timeout=30).json()["open"] and time.monotonic() < deadline:
        time.sleep(0.05)
    assert requests.get(f"{base}/connections", timeout=30).json()["open"] == 0


@pytest.mark.parametrize(
    "content", ["", "   \n\t ", None, 7, ["x"], "x" * 32_001, "nul \0", "half \ud800", {"text": "x"}]
)
def test_bad_messages_are_refused_and_store_nothing(
    world: World, person: Arrive, account: Account, simulator: str, content: Any
) -> None:
    client = person(account)
    chat_id = client.open_chat(world.agent(account.team_id, simulator))
    answer = client.post(f"/api/chats/{chat_id}/messages", {"content": content})
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == ["content"]
    assert client.chat(chat_id)["message_count"] == 0


def test_the_longest_message_passes(world: World, person: Arrive, account: Account, simulator: str) -> None:
    client = person(account)
    chat_id = client.open_chat(world.agent(account.team_id, f"{simulator}?tokens=1&delay_ms=0"))
    assert client.send(chat_id, "🗝" * 32_000).end[0] == "done"
    chat = client.chat(chat_id)
    assert len(chat["messages"][0]["content"]) == 32_000
    assert len(chat["title"]) <= 61


def test_sends_are_limited_by_user(
    app: Flask, variables: dict[str, str], world: World, account: Account, tmp_path: Any
) -> None:
    limited = {**variables, "MESSAGE_RATE_LIMIT": "2 per minute"}
    with Server(limited, tmp_path / "log") as server, Person(server.url, account) as client:
        chat_id = client.open_chat(world.agent(account.team_id))
        for _ in range(2):
            assert client.send(chat_id).end[0] == "error"
        answer = client.post(f"/api/chats/{chat_id}/messages", {"content": "third"})
        assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
        assert int(answer.headers["Retry-After"]) <= 60
        other = world.account(account.team_id)
        with Person(server.url, other) as second:
            assert second.send(second.open_chat(world.agent(account.team_id))).end[0] == "error"


def test_silence_is_broken_by_comments(world: World, person: Arrive, account: Account, simulator: str) -> None:
    client = person(account)
    chat_id = client.open_chat(world.agent(account.team_id, f"{simulator}?tokens=2&delay_ms=0&first_delay_ms=16000"))
    stream = client.send(chat_id)
    assert stream.keep_alives == 1
    assert stream.text == expected_text(2)


def test_a_connection_is_good_for_more_after_a_stream(
    world: World, person: Arrive, account: Account, simulator: str, server: Server
) -> None:
    """The write limit of a stream must not stay on its connection: no request for 31 s is no error."""
    client = person(account)
    chat_id = client.open_chat(world.agent(account.team_id, f"{simulator}?tokens=2&delay_ms=0"))
    cookie = "; ".join(f"{name}={value}" for name, value in client.http.cookies.items())
    head = f"HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as raw:
        send = f"POST /api/chats/{chat_id}/messages {head}Content-Type: application/json\r\nContent-Length: 17\r\n\r\n"
        raw.sendall(send.encode() + b'{"content": "Hi"}')
        received = b""
        while not received.endswith(b"\r\n0\r\n\r\n"):
            received += raw.recv(65536)
        time.sleep(31)
        raw.sendall(f"GET /api/auth/me {head}\r\n".encode())
        assert raw.recv(65536).startswith(b"HTTP/1.1 200 ")
