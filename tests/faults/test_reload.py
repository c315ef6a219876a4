"""SIGHUP with open streams: each finishes or ends cleanly, is stored, and its client comes back to the new workers."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from chatstream.extensions import db
from chatstream.n8n_sim.answers import expected_text
from tests.faults.exchanges import Exchange, workers_of
from tests.support.person import Person
from tests.support.server import Server
from tests.support.world import World

STREAMS = int(os.environ.get("CHAOS_STREAMS", "30"))
SHORT, LONG = 60 + 2 * STREAMS, 1500
GRACEFUL_S = 7 + STREAMS // 20
DELAY_MS = 20
PAUSE_S = 0.02
"""Between two sends. All at once they might find no connection to the database free."""


def stored_answers(app: Flask) -> dict[str, tuple[str, dict[str, Any]]]:
    """By generation: its status and its message."""
    with app.app_context():
        rows = db.session.execute(
            text("SELECT generations.id, status, messages FROM generations JOIN chats ON chats.id = chat_id")
        ).all()
    assert all(len(messages) == 2 for _, _, messages in rows)
    return {str(key): (status, messages[1]) for key, status, messages in rows}


@pytest.mark.timeout(90)
def test_a_reload_cuts_no_stream(
    app: Flask, variables: dict[str, str], world: World, simulator: str, tmp_path: Path
) -> None:
    soon = {
        "GRACEFUL_TIMEOUT": str(GRACEFUL_S),
        "WEB_CONCURRENCY": "2",
        "MAX_STREAMS_PER_USER": "100",
        "LOG_LEVEL": "error",
    }
    account = world.account()
    agents = {
        tokens: world.agent(account.team_id, f"{simulator}?tokens={tokens}&delay_ms={DELAY_MS}")
        for tokens in (SHORT, LONG)
    }
    with Server({**variables, **soon}, tmp_path / "log") as server, Person(server.url, account) as client:
        old = set(workers_of(server.child.pid))
        lengths = [LONG] * (STREAMS // 2) + [SHORT] * (STREAMS // 2)
        exchanges = [Exchange(client, client.open_chat(agents[tokens]), tokens) for tokens in lengths]
        with ThreadPoolExecutor(STREAMS) as pool:
            running = []
            for exchange in exchanges:
                running.append(pool.submit(exchange.run))
                time.sleep(PAUSE_S)
            deadline = time.monotonic() + 15
            while not all("message" in exchange.stream.types for exchange in exchanges):
                assert time.monotonic() < deadline, "not all streams have begun"
                time.sleep(0.01)
            early = [(each.cut_at, each.stream.types[-2:]) for each in exchanges if each.first_try.is_set()]
            assert not early, "not all streams are open"
            server.child.send_signal(signal.SIGHUP)
            for future in running:
                future.result(40)
        deadline = time.monotonic() + 15
        while old & (new := set(workers_of(server.child.pid))) or len(new) != 2:
            assert time.monotonic() < deadline, "the old workers are still there"
            time.sleep(0.05)
        stored = stored_answers(app)

    assert len(stored) == STREAMS
    for exchange in exchanges:
        status, answer = stored[exchange.stream.generation_id]
        assert exchange.cut_at is None, "a connection was cut, or its chunked body was"
        assert not exchange.untold
        assert answer["status"] == status
        assert answer["content"] == exchange.stream.text
        assert (status, exchange.told_end) == (
            ("complete", True) if exchange.tokens == SHORT else ("interrupted", False)
        )
        assert expected_text(exchange.tokens).startswith(exchange.stream.text)
