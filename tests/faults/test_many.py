"""Many at once: streams, senders, and a pool of connections that none of them keeps."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import requests
from flask import Flask
from sqlalchemy import text

from chatstream.extensions import db
from chatstream.n8n_sim.answers import expected_text
from chatstream.services import transcripts
from tests.support.frames import Stream, read
from tests.support.person import Person
from tests.support.server import Server
from tests.support.world import Account, World

STREAMS = 200
Arrive = Callable[[Account], Person]


def test_two_hundred_streams_on_one_worker_and_a_pool_of_three(
    app: Flask, variables: dict[str, str], world: World, simulator: str, tmp_path: Path
) -> None:
    small = {**variables, "DATABASE_POOL_SIZE": "3", "MAX_STREAMS_PER_USER": "300", "LOG_LEVEL": "error"}
    account = world.account()
    agent_id = world.agent(account.team_id, f"{simulator}?tokens=60&delay_ms=250")
    with Server(small, tmp_path / "log") as server, Person(server.url, account) as client:
        chats = [client.open_chat(agent_id) for _ in range(STREAMS)]
        delays: list[float] = []
        busy: list[int] = []
        done = threading.Event()

        def ping() -> None:
            with requests.Session() as session:
                session.cookies.update(client.http.cookies)
                while not done.wait(0.05):
                    started = time.monotonic()
                    status = session.get(f"{server.url}/api/auth/me", timeout=30).status_code
                    assert status in (200, 503)  # the pool of three, while all begin
                    if status == 200:
                        delays.append(time.monotonic() - started)

        def follow(chat_id: str) -> Stream:
            cookies = client.http.cookies.get_dict()
            url = f"{server.url}/api/chats/{chat_id}/messages"
            for _ in range(30):
                with requests.post(url, json={"content": "Hi"}, cookies=cookies, stream=True, timeout=60) as response:
                    if response.status_code == 200:
                        return read(response)
                    assert response.status_code == 503, response.text  # the pool of three, all at once: try again
                    assert response.headers["Retry-After"]
                time.sleep(0.5)
            raise AssertionError("no answer in 30 attempts")

        def watch_pool() -> None:
            with app.app_context():
                while not done.wait(0.2):
                    running, connections = db.session.execute(
                        text(
                            "SELECT (SELECT count(*) FROM generations WHERE status = 'running'), count(*) "
                            "FROM pg_stat_activity WHERE application_name = 'chatstream' "
                            "AND state = 'idle in transaction' AND pid <> pg_backend_pid()"
                        )
                    ).one()
                    db.session.rollback()
                    if running > STREAMS * 0.95:
                        busy.append(connections)

        threads = [threading.Thread(target=ping), threading.Thread(target=watch_pool)]
        for thread in threads:
            thread.start()
        with ThreadPoolExecutor(STREAMS) as pool:
            streams = list(pool.map(follow, chats))
        done.set()
        for thread in threads:
            thread.join()

        assert all(stream.end[1]["status"] == "complete" for stream in streams)
        assert all(stream.text == expected_text(60) for stream in streams)
        assert busy, "most streams were never open at once"
        assert min(busy) == 0, "an open stream holds a connection"
        assert len(delays) > 20, "other requests were starved"
        with app.app_context():
            counts = db.session.execute(text("SELECT message_count, jsonb_array_length(messages) FROM chats")).all()
            assert [tuple(row) for row in counts] == [(2, 2)] * STREAMS


def test_sixteen_senders_to_one_chat_lose_nothing(
    app: Flask, world: World, person: Arrive, simulator: str, server: Server
) -> None:
    account = world.account()
    client = person(account)
    chat_id = client.open_chat(world.agent(account.team_id, f"{simulator}?tokens=2&delay_ms=0"))
    cookies = client.http.cookies.get_dict()
    accepted: list[str] = []
    statuses: list[int] = []

    def sender(number: int) -> None:
        with requests.Session() as session:
            session.cookies.update(cookies)
            for attempt in range(25):
                content = f"sender {number}, message {attempt}"
                url = f"{server.url}/api/chats/{chat_id}/messages"
                with session.post(url, json={"content": content}, stream=True, timeout=60) as response:
                    statuses.append(response.status_code)
                    if response.status_code == 200:
                        assert read(response).end[0] == "done"
                        accepted.append(content)
                    else:
                        assert response.json()["code"] == "generation_in_progress", response.text

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(sender, range(16)))

    assert len(statuses) == 400
    assert set(statuses) == {200, 409}
    with app.app_context():
        count = db.session.scalar(text("SELECT message_count FROM chats"))
        messages = transcripts.between(uuid.UUID(chat_id), 0, 1000)
    assert count == len(messages) == 2 * len(accepted)
    assert [message["role"] for message in messages] == ["user", "assistant"] * len(accepted)
    assert {message["content"] for message in messages if message["role"] == "user"} == set(accepted)
    assert {message["content"] for message in messages if message["role"] == "assistant"} == {expected_text(2)}


def test_a_full_pool_is_503_at_once(app: Flask, variables: dict[str, str], world: World, tmp_path: Path) -> None:
    account = world.account()
    with (
        Server({**variables, "DATABASE_POOL_SIZE": "1"}, tmp_path / "log") as server,
        Person(server.url, account) as me,
    ):
        with app.app_context():
            db.session.execute(text("LOCK TABLE chats IN ACCESS EXCLUSIVE MODE"))
            blocked = threading.Thread(target=lambda: me.get("/api/chats/"))
            blocked.start()
            time.sleep(0.5)
            started = time.monotonic()
            answer: Any = requests.get(f"{server.url}/api/auth/me", cookies=me.http.cookies.get_dict(), timeout=10)
            took = time.monotonic() - started
            db.session.rollback()
            blocked.join()
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert answer.headers["Retry-After"] == "1"
        assert took < 3
        assert me.get("/api/chats/").status_code == 200


def test_a_full_worker_says_so(variables: dict[str, str], world: World, simulator: str, tmp_path: Path) -> None:
    """Ten requests at once is all that this worker takes: the eleventh is answered, and not left waiting."""
    small = {**variables, "WORKER_CONNECTIONS": "10", "MAX_STREAMS_PER_USER": "50", "GRACEFUL_TIMEOUT": "5"}
    account = world.account()
    agent_id = world.agent(account.team_id, f"{simulator}?tokens=100&delay_ms=50")
    with Server(small, tmp_path / "log") as server, Person(server.url, account) as client:
        chats = [client.open_chat(agent_id) for _ in range(11)]
        streams = [client.begin(chat_id) for chat_id in chats[:10]]
        assert all(stream.status_code == 200 for stream in streams)
        refused = client.begin(chats[10])
        assert (refused.status_code, refused.json()["code"]) == (503, "busy")
        assert refused.headers["Retry-After"]
        assert refused.headers["X-Request-ID"] == refused.json()["request_id"]
        assert requests.get(f"{server.url}/healthz", timeout=5).status_code == 200
        for stream in streams:
            with stream:
                assert read(stream).end[0] == "done"
        assert client.chat(chats[10])["message_count"] == 0
        assert client.send(chats[10]).end[0] == "done"


def test_idle_connections_do_not_take_the_places(variables: dict[str, str], world: World, tmp_path: Path) -> None:
    account = world.account()
    small = {**variables, "WORKER_CONNECTIONS": "10", "GRACEFUL_TIMEOUT": "5"}
    with Server(small, tmp_path / "log") as server, Person(server.url, account) as client:
        idle = [requests.Session() for _ in range(150)]  # more than gunicorn has places for
        for session in idle:
            assert session.get(f"{server.url}/healthz", timeout=10).status_code == 200
        assert client.get("/api/auth/me").status_code == 200
        for session in idle:
            session.close()
