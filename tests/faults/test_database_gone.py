"""PostgreSQL is killed in mid-answer, and comes back."""

from __future__ import annotations

import os
import time
from pathlib import Path

import flask_migrate
import pytest

from chatstream import create_app
from chatstream.config import Settings
from chatstream.extensions import db
from chatstream.n8n_sim.answers import expected_text
from devkit.embedded_postgres import EmbeddedPostgres
from tests.support.frames import Stream
from tests.support.person import Person
from tests.support.server import Server
from tests.support.settings import environment
from tests.support.world import World

OUTAGE_S = float(os.environ.get("CHAOS_OUTAGE_S", "0"))
"""At least so long it is away."""


@pytest.mark.timeout(90)
def test_the_stream_goes_on_and_done_waits_for_the_commit(simulator: str, tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path / "postgres") as postgres:
        postgres.create_database("chatstream")
        variables = environment(postgres.url("chatstream"), LOG_LEVEL="error", GRACEFUL_TIMEOUT="5")
        app = create_app(Settings.from_environment(variables))
        with app.app_context():
            flask_migrate.upgrade()
            account = (world := World(app)).account()
            agent_id = world.agent(account.team_id, f"{simulator}?tokens=60&delay_ms=50")
            db.session.remove()
            db.engine.dispose()
        with Server(variables, tmp_path / "log") as server, Person(server.url, account) as client:
            chat_id = client.open_chat(agent_id)
            stream = Stream()
            gone_at = back_at = 0.0
            with client.begin(chat_id) as response:
                for chunk in response.iter_content(None):
                    stream.feed(chunk)
                    if not gone_at and len(stream.events) > 10:
                        postgres.stop("immediate")
                        gone_at = time.monotonic()
                    elif not back_at and stream.text == expected_text(60):
                        answer = client.get("/api/auth/me")
                        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
                        assert "done" not in stream.types
                        time.sleep(max(0.0, gone_at + OUTAGE_S - time.monotonic()))
                        postgres.start()
                        back_at = time.monotonic()
            assert back_at > gone_at > 0
            assert stream.end[0] == "done"
            assert stream.text == expected_text(60)
            chat = client.chat(chat_id)
            assert chat["message_count"] == 2
            assert chat["messages"][-1]["content"] == stream.text
            assert client.send(chat_id).end[0] == "done"
