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
from tests.support.raw_server import CaptureServer, chunk, chunked_head
from tests.support.server import Server
from tests.support.world import Account, World

STREAMS = 200
Arrive = Callable[[Account], Person]


def _streamed_half_at_a_time() -> list[tuple[float, bytes]]:
    """``t1 t2``, in n8n's own lines, with a place to wait between the two words."""
    begin, end = b'{"type":"begin"}\n', b'{"type":"end"}\n'
    first, second = (b'{"type":"item","content":"%s"}\n' % word for word in (b"t1", b" t2"))
    return [(0, chunked_head() + chunk(begin + first)), (0, chunk(second + end) + chunk(b""))]


def _send(url: str, cookies: dict[str, str], few_at_once: threading.Semaphore) -> Stream:
    """Send a message and read its answer. A few begin at once: here only what is open for long is of interest."""
    with few_at_once:
        response = requests.post(url, json={"content": "Hi"}, cookies=cookies, stream=True, timeout=120)
    with response:
        return read(response)


def _until_all_run(app: Flask) -> None:
    """Wait until every stream is open."""
    deadline = time.monotonic() + 90
    with app.app_context():
        while (
            running := db.session.scalar(text("SELECT count(*) FROM generations WHERE status = 'running'"))
        ) < STREAMS:
            db.session.rollback()
            assert time.monotonic() < deadline, f"{running} streams are open, and no more"
            time.sleep(0.1)
        db.session.rollback()


def _held_connections(app: Flask) -> int:
    """How many connections of the server are within a transaction at this moment."""
    with app.app_context():
        held: int = db.session.scalar(
            text(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'chatstream' "
                "AND state = 'idle in transaction' AND pid <> pg_backend_pid()"
            )
        )
        db.session.rollback()
    return held


def test_two_hundred_streams_on_one_worker_and_a_pool_of_three(
    app: Flask, variables: dict[str, str], world: World, tmp_path: Path
) -> None:
    small = {**variables, "DATABASE_POOL_SIZE": "3", "MAX_STREAMS_PER_USER": "300", "LOG_LEVEL": "error"}
    account = world.account()
    go_on = threading.Event()
    with (
        CaptureServer(_streamed_half_at_a_time(), gate=go_on) as workflow,
        Server(small, tmp_path / "log") as server,
        Person(server.url, account) as client,
        ThreadPoolExecutor(STREAMS) as pool,
    ):
        agent_id = world.agent(account.team_id, workflow.url)
        chats = [client.open_chat(agent_id) for _ in range(STREAMS)]
        cookies = client.http.cookies.get_dict()
        urls = [f"{server.url}/api/chats/{chat}/messages" for chat in chats]
        few_at_once = threading.Semaphore(3)
        streams = [pool.submit(_send, url, cookies, few_at_once) for url in urls]
        try:
            _until_all_run(app)
            held = []
            for _ in range(20):
                assert client.get("/api/auth/me").status_code == 200
                held.append(_held_connections(app))
        finally:
            go_on.set()
        assert min(held) == 0, "an open stream holds a connection"
        for stream in streams:
            assert stream.result().end[1]["status"] == "complete"
            assert stream.result().text == expected_text(2)
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
        assert requests.get(f"{server.url}/healthz", timeout=30).status_code == 200
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
