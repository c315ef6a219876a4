"""A backup under load, restored into another database: everything that was told as stored is there."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from chatstream import create_app
from chatstream.config import Settings
from chatstream.extensions import db
from chatstream.n8n_sim.answers import expected_text
from chatstream.services.generations.reaping import reap
from devkit.embedded_postgres import EmbeddedPostgres
from devkit.postgres_places import binaries
from devkit.processes import wait_for
from tests.support.frames import Stream
from tests.support.person import Person
from tests.support.server import ROOT, Server, command_environment
from tests.support.settings import environment
from tests.support.world import PASSWORD, Account, World

SENDERS = 4
TOKENS = 20
STORED = """
    SELECT message->>'id', message->>'content'
    FROM (SELECT messages FROM chats UNION ALL SELECT messages FROM chat_pages) AS parts,
         jsonb_array_elements(messages) AS message
"""


def backup(*arguments: str | Path, url: str) -> subprocess.CompletedProcess[str]:
    """Run scripts/backup.py with the pg_dump that pip brings."""
    variables = command_environment({"DATABASE_URL": url})
    variables["PATH"] = f"{binaries(None)}{os.pathsep}{variables['PATH']}"
    command = [sys.executable, ROOT / "scripts" / "backup.py", *arguments]
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)


class Talk:
    """People who send message after message; what they were told is stored, and when."""

    def __init__(self, client: Person, agent_id: str) -> None:
        self._client = client
        self._enough = threading.Event()
        self._chats = [client.open_chat(agent_id) for _ in range(SENDERS)]
        self.told: list[tuple[float, str]] = []

    def __enter__(self) -> Talk:
        self._pool = ThreadPoolExecutor(SENDERS)
        self._running = [self._pool.submit(self._send, chat_id) for chat_id in self._chats]
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        for future in self._running:
            future.result(30)
        self._pool.shutdown()

    def _send(self, chat_id: str) -> None:
        number = 0
        while not self._enough.is_set():
            content = f"{chat_id} {number}"
            stream = Stream()
            with self._client.begin(chat_id, content) as response:
                for chunk in response.iter_content(None):
                    if not stream.events:
                        self.told.append((time.monotonic(), content))
                    stream.feed(chunk)
            self.told.append((time.monotonic(), stream.end[1]["message_id"]))
            number += 1


@dataclass(frozen=True)
class Before:
    """What there was when the backup began."""

    account: Account
    promised: set[str]
    running_in: str


@pytest.fixture
def before(server: Server, variables: dict[str, str], world: World, simulator: str, tmp_path: Path) -> Before:
    """A backup at ``tmp_path / "backup"``, made while people send and one answer is being written."""
    account = world.account()
    short = world.agent(account.team_id, f"{simulator}?tokens={TOKENS}&delay_ms=5")
    long = world.agent(account.team_id, f"{simulator}?tokens=2000&delay_ms=20")
    with Person(server.url, account) as client, Talk(client, short) as talk:
        running_in = client.open_chat(long)
        with client.begin(running_in, "running in the backup") as response:
            stream, chunks = Stream(), response.iter_content(None)
            while len(stream.events) < 50:  # a second of text, some of which has been shared
                stream.feed(next(chunks))
            assert wait_for(lambda: len(talk.told) > 10 * SENDERS, 20)
            began = time.monotonic()
            result = backup("dump", tmp_path / "backup", url=variables["DATABASE_URL"])
            assert (result.returncode, result.stderr) == (0, "")
        client.post(f"/api/chats/{running_in}/stop")
    return Before(account, {what for when, what in talk.told if when < began}, running_in)


@pytest.fixture
def restored(before: Before, postgres: EmbeddedPostgres, tmp_path: Path) -> Iterator[Flask]:
    """The application on a database that was made from the backup."""
    postgres.create_database("restored")
    url = postgres.url("restored")
    result = backup("restore", tmp_path / "backup", url=url)
    assert (result.returncode, result.stderr) == (0, "")
    app = create_app(Settings.from_environment(environment(url)))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def test_a_backup_under_load_holds_what_was_told(before: Before, restored: Flask, tmp_path: Path) -> None:
    found = db.session.execute(text(STORED)).all()
    assert len(before.promised) > 10 * SENDERS
    assert before.promised <= {value for row in found for value in row}
    assert (tmp_path / "backup").stat().st_mode & 0o077 == 0

    db.session.execute(text("UPDATE generations SET heartbeat_at = now() - interval '31 seconds'"))
    db.session.commit()  # half a minute passes
    assert reap(restored.extensions["chatstream"].shared_log, []) >= 1
    with restored.test_client() as person:
        assert person.get("/readyz").status_code == 200
        person.post("/api/auth/login", json={"email": before.account.email, "password": PASSWORD})
        chat = person.get(f"/api/chats/{before.running_in}").get_json()
    _, answer = chat["messages"]
    assert (answer["status"], chat["generation"]) == ("interrupted", None)
    assert answer["content"]
    assert expected_text(2000).startswith(answer["content"])


def test_neither_a_backup_nor_a_database_is_overwritten(app: Flask, variables: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "backup"
    file.write_text("precious")
    result = backup("dump", file, url=variables["DATABASE_URL"])
    assert (result.returncode, file.read_text()) == (1, "precious")
    result = backup("restore", file, url=variables["DATABASE_URL"])
    assert result.returncode == 1
    assert "restore into an empty one" in result.stderr


def test_a_dump_that_fails_leaves_no_file(tmp_path: Path) -> None:
    result = backup("dump", tmp_path / "backup", url="postgresql://127.0.0.1:9/none?password=canary")
    assert result.returncode == 1
    assert "canary" not in result.stderr
    assert list(tmp_path.iterdir()) == []
