"""Clients that stop reading, or dawdle, are cut and cost little; clients that leave at any byte change nothing."""

from __future__ import annotations

import json
import os
import random
import socket
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
import requests
from flask import Flask
from sqlalchemy import text

from chatstream.extensions import db
from chatstream.http.json_bodies import BODY_TIMEOUT_S
from chatstream.n8n_sim.answers import expected_text
from chatstream.services import transcripts
from tests.faults.exchanges import workers_of
from tests.support.person import Person
from tests.support.server import Server
from tests.support.world import World

STALLED = int(os.environ.get("CHAOS_STALLED", "6"))
ANSWER_BYTES = 4_000_000
"""More than the kernel takes for a client that reads nothing, less than the cap of an answer."""
CUT_WITHIN_S = 35
MEMORY_FACTOR = 12
"""A stalled answer may take so many times its own size: as text, as frames, as what is on its way and as what went to
the database. 9 were measured."""
LEAVERS = 40
DAWDLERS = 50
TOKENS = 60
HEAD_BYTES = 700


def send_raw(client: Person, chat_id: str) -> socket.socket:
    """Send a message on a socket of its own, with a small receive buffer; nothing is read."""
    where = urlsplit(client.url)
    body = json.dumps({"content": "Hello"}).encode()
    cookies = "; ".join(f"{name}={value}" for name, value in client.http.cookies.get_dict().items())
    head = (
        f"POST /api/chats/{chat_id}/messages HTTP/1.1\r\nHost: {where.netloc}\r\nCookie: {cookies}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(20)
    connection.connect((where.hostname, where.port))
    connection.sendall(head.encode() + body)
    return connection


def wait_until(condition: Callable[[], Any], *, seconds: float) -> float:
    """Wait for ``condition``; how many seconds that took."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, "in vain"
        time.sleep(0.05)
    return time.monotonic() - started


def answers(app: Flask) -> list[tuple[str, str]]:
    """State and stored text of every generation; no text while it runs."""
    with app.app_context():
        rows = db.session.execute(text("SELECT status, chat_id, message_id FROM generations")).all()
        stored = [(row.status, transcripts.find(row.chat_id, str(row.message_id))) for row in rows]
    return [(status, message["content"] if message else "") for status, message in stored]


def all_complete(app: Flask, count: int) -> Callable[[], bool]:
    """Whether ``count`` answers are complete, and there is no other."""
    return lambda: [status for status, _ in answers(app)] == ["complete"] * count


def all_shared(app: Flask, count: int) -> Callable[[], bool]:
    """Whether ``count`` answers have ended and went to the shared log to their end."""

    def shared() -> bool:
        with app.app_context():
            return bool(
                db.session.scalar(text("SELECT count(*) = :n FROM generation_events WHERE is_last"), {"n": count})
            )

    return shared


def drain(connection: socket.socket) -> bytes:
    """What there is to read, to the end of the connection."""
    received = b""
    try:
        while data := connection.recv(65536):
            received += data
    except ConnectionResetError:
        pass
    return received


@pytest.mark.timeout(90 + 3 * STALLED)
def test_clients_that_stop_reading_are_cut_and_cost_little(
    app: Flask, variables: dict[str, str], world: World, simulator: str, tmp_path: Path
) -> None:
    many = {
        **variables,
        "MAX_STREAMS_PER_USER": "100",
        "GRACEFUL_TIMEOUT": "5",
        "LOG_LEVEL": "error",
    }
    account = world.account()
    agent_id = world.agent(account.team_id, f"{simulator}?fail=huge&bytes={ANSWER_BYTES}&delay_ms=0")
    with ExitStack() as stack:
        server = stack.enter_context(Server(many, tmp_path / "log"))
        client = stack.enter_context(Person(server.url, account))
        worker = psutil.Process(workers_of(server.child.pid)[0])
        warm = client.send(client.open_chat(agent_id))
        assert len(warm.text) == ANSWER_BYTES
        before = worker.memory_info().rss
        sockets = [stack.enter_context(send_raw(client, client.open_chat(agent_id))) for _ in range(STALLED)]
        ports = {connection.getsockname()[1] for connection in sockets}

        def held() -> set[int]:
            return ports & {each.raddr.port for each in worker.net_connections("tcp") if each.raddr}

        wait_until(all_shared(app, STALLED + 1), seconds=25 + STALLED)
        assert all_complete(app, STALLED + 1)()
        assert held() == ports, "a client was cut before it was slow"
        held_rss = worker.memory_info().rss
        peak = held_rss
        deadline = time.monotonic() + CUT_WITHIN_S
        while held():
            assert time.monotonic() < deadline, f"{len(held())} clients that read nothing are not cut"
            started = time.monotonic()
            assert requests.get(f"{server.url}/healthz", timeout=30).status_code == 200
            assert time.monotonic() - started < 1, "others wait for those that do not read"
            peak = max(peak, worker.memory_info().rss)
            time.sleep(0.2)
        assert all(not drain(each).endswith(b"0\r\n\r\n") for each in sockets), "the answer fitted into the buffers"
        sys.stdout.write(
            f"\n  RSS before, held, peak (MB): {[size // 1_000_000 for size in (before, held_rss, peak)]}\n"
        )

    assert peak - before < MEMORY_FACTOR * STALLED * ANSWER_BYTES
    assert peak - held_rss < STALLED * ANSWER_BYTES / 2, "a client that reads nothing costs more the longer it stays"
    assert [content for _, content in answers(app)] == [warm.text] * (STALLED + 1)


def test_an_answer_is_stored_whole_wherever_its_client_leaves(
    app: Flask, world: World, server: Server, simulator: str
) -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    dice = random.Random(seed)
    url = f"{simulator}?tokens={TOKENS}&delay_ms=10"
    with ExitStack() as stack:
        for _ in range(LEAVERS):
            account = world.account()
            client = stack.enter_context(Person(server.url, account))
            connection = send_raw(client, client.open_chat(world.agent(account.team_id, url)))
            with connection:
                left = dice.choice((1, dice.randint(2, HEAD_BYTES), dice.randint(HEAD_BYTES, 4000)))
                while left > 0:
                    data = connection.recv(left)
                    assert data, f"the server closed first (seed {seed})"
                    left -= len(data)
        wait_until(all_complete(app, LEAVERS), seconds=20)
    assert {content for _, content in answers(app)} == {expected_text(TOKENS)}, f"seed {seed}"


@pytest.mark.timeout(90)
def test_clients_that_dawdle_keep_nobody_waiting(world: World, server: Server) -> None:
    """Headers and bodies that come a byte at a time: others are served meanwhile, and bodies are refused in time."""
    account = world.account()
    with Person(server.url, account) as client, ExitStack() as stack:
        cookies = "; ".join(f"{name}={value}" for name, value in client.http.cookies.get_dict().items())
        body = f"POST /api/chats/ HTTP/1.1\r\nHost: x\r\nCookie: {cookies}\r\nContent-Type: application/json\r\n"
        heads = [b"GET /healthz HTTP/1.1\r\nX-Slow: "] * DAWDLERS
        bodies = [f"{body}Content-Length: 9999\r\n\r\n".encode()] * DAWDLERS
        connections = [stack.enter_context(socket.create_connection(("127.0.0.1", server.port), 5)) for _ in heads * 2]
        for connection, begin in zip(connections, heads + bodies, strict=True):
            connection.sendall(begin)
        started = time.monotonic()
        slow_bodies = connections[DAWDLERS:]
        while time.monotonic() - started < BODY_TIMEOUT_S - 2:
            for connection in connections:
                connection.send(b"x")
            asked = time.monotonic()
            assert client.get("/api/auth/me").status_code == 200
            assert time.monotonic() - asked < 1, "others wait for those that dawdle"
            time.sleep(0.5)
        for connection in slow_bodies:
            connection.settimeout(10)
            assert connection.recv(65536).startswith(b"HTTP/1.1 400 ")
        assert BODY_TIMEOUT_S - 2 < time.monotonic() - started < BODY_TIMEOUT_S + 5
