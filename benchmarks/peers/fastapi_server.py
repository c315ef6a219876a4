"""fastapi_app.py under uvicorn: one process with uvloop and httptools, pinned to the worker's core."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterable
from contextlib import closing
from typing import Any

import bcrypt
import psycopg2
from psycopg2.extras import execute_values

from benchmarks.chatstream_server import CHEAP_ROUNDS
from benchmarks.generator import StandIn
from benchmarks.processes import WORKER_CORES, on
from benchmarks.stage import Stage, sign_in
from benchmarks.subjects import Stored, Subject, filling
from tests.support.server import ROOT, Process, command_environment, free_port
from tests.support.settings import WEBHOOK_TOKEN
from tests.support.world import PASSWORD

APPLICATION = "benchmarks.peers.fastapi_app"
MAKE_TABLES = f"""
import asyncio
from {APPLICATION} import Base, engine

async def main():
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await engine.dispose()

asyncio.run(main())
"""


class FastAPI(Subject, Process):
    """One server, with a database of its own beside ChatStream's."""

    name = "FastAPI"

    def __init__(self, stage: Stage, workflow: StandIn) -> None:
        self._workflow = workflow
        self._database_url = stage.database("fastapi")
        self._team = str(uuid.uuid4())
        self._people: list[tuple[str, str]] = []
        self._agents: dict[str, str] = {}
        self.variables = {
            "DATABASE_URL": self._database_url.replace("postgresql://", "postgresql+asyncpg://"),
            "DATABASE_POOL_SIZE": stage.variables["DATABASE_POOL_SIZE"],
            "JWT_SECRET_KEY": stage.variables["JWT_SECRET_KEY"],
        }
        environment = command_environment(self.variables)
        subprocess.run([sys.executable, "-c", MAKE_TABLES], cwd=ROOT, env=environment, check=True)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        with on(WORKER_CORES):
            Process.__init__(self, self.command(self.port), self.variables, stage.folder / "fastapi.log")
        self.wait_for(f"{self.url}/healthz")
        self.pid = self.child.pid

    @staticmethod
    def command(port: int) -> list[str]:
        """What starts it on a port."""
        options = ["--port", str(port), "--loop", "uvloop", "--http", "httptools"]
        return [sys.executable, "-m", "uvicorn", f"{APPLICATION}:app", *options]

    def people(self, count: int) -> list[str]:
        """Accounts with a cheap hash, signed in as anybody is."""
        fresh = self._accounts(count - len(self._people), CHEAP_ROUNDS)
        self._people += [(user_id, sign_in(self.url, email)) for user_id, email in fresh]
        return [cookie for _, cookie in self._people[:count]]

    def accounts(self, count: int, rounds: int) -> list[str]:
        """Rows of its table."""
        return [email for _, email in self._accounts(count, rounds)]

    def _accounts(self, count: int, rounds: int) -> list[tuple[str, str]]:
        if count <= 0:
            return []
        hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(rounds)).decode()
        fresh = [(str(uuid.uuid4()), f"{uuid.uuid4().hex}@example.org") for _ in range(count)]
        rows = [(user_id, self._team, email, hashed, "user") for user_id, email in fresh]
        self._insert("users (id, team_id, email, password_hash, role)", rows)
        return fresh

    def chats(self, people: int, each: int, workflow: str, held: int) -> list[list[tuple[str, str]]]:
        """Chats with one agent, filled."""
        if workflow not in self._agents:
            self._agents[workflow] = str(uuid.uuid4())
            row = (self._agents[workflow], self._team, f"{self._workflow.url}?{workflow}", WEBHOOK_TOKEN)
            self._insert("agents (id, team_id, webhook_url, webhook_token)", [row])
        owners = [user_id for user_id, _ in self._people[:people]]
        rows = []
        for owner in owners:
            for _ in range(each):
                messages = json.dumps([{"id": str(uuid.uuid4()), **message} for message in filling(held)])
                rows.append((str(uuid.uuid4()), self._team, owner, self._agents[workflow], "A chat", messages))
        self._insert("chats (id, team_id, user_id, agent_id, title, messages)", rows)
        made = iter([(str(row[0]), f"/api/chats/{row[0]}/messages") for row in rows])
        return [list(itertools.islice(made, each)) for _ in owners]

    def stored(self, chats: Iterable[str], newest: int) -> dict[str, Stored]:
        """The end of each array."""
        query = """
            SELECT id::text, jsonb_array_length(messages), jsonb_path_query_array(messages, '$[$first to last]',
                jsonb_build_object('first', greatest(jsonb_array_length(messages) - %s, 0)))
            FROM chats WHERE id::text = ANY(%s)
        """
        with closing(psycopg2.connect(self._database_url)) as connection, connection.cursor() as cursor:
            cursor.execute(query, (newest, list(chats)))
            return {chat_id: Stored(count, messages) for chat_id, count, messages in cursor.fetchall()}

    def _insert(self, into: str, rows: list[tuple[Any, ...]]) -> None:
        with closing(psycopg2.connect(self._database_url)) as connection, connection, connection.cursor() as cursor:
            execute_values(cursor, f"INSERT INTO {into} VALUES %s", rows)


def is_installed() -> bool:
    """Whether its packages are there (`make bench` installs them)."""
    probe = "import aiohttp, asyncpg, fastapi, httptools, jwt, uvicorn, uvloop"
    return subprocess.run([sys.executable, "-c", probe], stderr=subprocess.DEVNULL, env=os.environ).returncode == 0
