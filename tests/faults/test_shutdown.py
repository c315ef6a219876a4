"""A worker that is told to stop: answers end or are stored, nobody waits for idle connections."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from flask import Flask
from sqlalchemy import text

from chatstream.extensions import db
from tests.support.frames import Stream, read
from tests.support.person import Person
from tests.support.server import Server
from tests.support.world import World


def read_while_stopping(response: requests.Response, server: Server) -> Stream:
    """Stop the server after the first frames; all frames up to the clean end of the body. Raises if it was cut."""
    stream = Stream()
    for chunk in response.iter_content(None):
        if not stream.events:
            server.child.send_signal(signal.SIGTERM)
        stream.feed(chunk)
    return stream


def test_a_stop_waits_for_a_short_answer_and_not_for_idle_connections(
    app: Flask, variables: dict[str, str], world: World, simulator: str, tmp_path: Path
) -> None:
    account = world.account()
    patient = {**variables, "GRACEFUL_TIMEOUT": "30"}
    with (
        Server(patient, tmp_path / "log") as server,
        Person(server.url, account) as idle,
        Person(server.url, account) as client,
    ):
        idle.get("/api/auth/me")
        chat_id = client.open_chat(world.agent(account.team_id, f"{simulator}?tokens=20&delay_ms=50"))
        with client.begin(chat_id) as response:
            started = time.monotonic()
            stream = read_while_stopping(response, server)
        assert stream.end[0] == "done"
        assert server.wait(seconds=20) == 0
        assert time.monotonic() - started < 10
    with app.app_context():
        assert db.session.scalar(text("SELECT status FROM generations")) == "complete"


def test_what_can_not_end_in_time_is_stored_as_interrupted(
    app: Flask, variables: dict[str, str], world: World, simulator: str, tmp_path: Path
) -> None:
    account = world.account()
    agent_id = world.agent(account.team_id, f"{simulator}?tokens=5000&delay_ms=20")
    soon = {**variables, "GRACEFUL_TIMEOUT": "5"}
    with Server(soon, tmp_path / "log") as server, Person(server.url, account) as client:
        with client.begin(client.open_chat(agent_id)) as response:
            stream = read_while_stopping(response, server)
        assert server.wait(seconds=20) == 0
    assert set(stream.types) <= {"status", "message"}
    with app.app_context():
        status, messages = db.session.execute(
            text("SELECT status, messages FROM generations JOIN chats ON chats.id = chat_id")
        ).one()
    assert status == "interrupted"
    answer = messages[-1]
    assert answer["status"] == "interrupted"
    assert answer["content"].endswith(stream.text[-50:])
    assert len(answer["content"]) >= len(stream.text) > 0


def test_followers_of_another_nodes_answer_are_sent_back_whole(
    variables: dict[str, str], world: World, simulator: str, tmp_path: Path
) -> None:
    """Where they only read along, the stop ends their stream before the kill would; the answer goes on elsewhere."""
    account = world.account()
    agent_id = world.agent(account.team_id, f"{simulator}?tokens=400&delay_ms=20")
    soon = {**variables, "GRACEFUL_TIMEOUT": "5"}
    with (
        Server(soon, tmp_path / "a") as a,
        Server(soon, tmp_path / "b") as b,
        Person(a.url, account) as at_a,
        Person(b.url, account) as at_b,
    ):
        chat_id = at_a.open_chat(agent_id)
        with at_a.begin(chat_id) as response, ThreadPoolExecutor(1) as pool:
            whole = pool.submit(read, response)
            with at_b.get(f"/api/chats/{chat_id}/stream", stream=True) as followed:
                stream = read_while_stopping(followed, b)
            assert b.wait(seconds=20) == 0
            assert "done" not in stream.types
            assert whole.result().end[0] == "done"
        seen = {"Last-Event-ID": f"{stream.generation_id}:{len(stream.events)}"}
        with at_a.get(f"/api/chats/{chat_id}/stream", headers=seen, stream=True) as rest:
            assert read(rest, stream).events == whole.result().events


@pytest.mark.timeout(90)
def test_a_killed_workers_chat_is_usable_again(
    app: Flask, variables: dict[str, str], world: World, simulator: str, tmp_path: Path
) -> None:
    account = world.account()
    with Server(variables, tmp_path / "log") as server, Person(server.url, account) as client:
        chat_id = client.open_chat(world.agent(account.team_id, f"{simulator}?tokens=100&delay_ms=50"))
        with client.begin(chat_id, "keep me") as response:
            next(response.iter_content(None))
            worker = int(Path(f"/proc/{server.child.pid}/task/{server.child.pid}/children").read_text().split()[0])
            os.kill(worker, signal.SIGKILL)
        server.wait_for(f"{server.url}/healthz")
        busy = client.post(f"/api/chats/{chat_id}/messages", {"content": "again"})
        assert busy.json()["code"] == "generation_in_progress"
        with app.app_context():  # half a minute passes
            db.session.execute(text("UPDATE generations SET heartbeat_at = now() - interval '31 seconds'"))
            db.session.commit()
        deadline = time.monotonic() + 20
        while client.chat(chat_id)["generation"] is not None:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        messages = client.chat(chat_id)["messages"]
        assert [(message["role"], message.get("status")) for message in messages] == [
            ("user", None),
            ("assistant", "interrupted"),
        ]
        assert messages[0]["content"] == "keep me"
        assert client.send(chat_id, "again").end[1]["status"] == "complete"
