"""What the benchmarks stand on: a durable PostgreSQL, workers under gunicorn, a workflow, people who are signed in."""

from __future__ import annotations

import resource
import sys
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import flask_migrate
import psycopg2
import requests

from benchmarks import generator, processes
from benchmarks.generator import Load, Request, StandIn
from benchmarks.processes import OTHER_CORES, WORKER_CORES, on
from chatstream import create_app
from chatstream.config import Settings
from chatstream.extensions import db
from chatstream.models import Chat
from devkit.embedded_postgres import EmbeddedPostgres
from tests.support.server import Process, Simulator, free_port
from tests.support.settings import WEBHOOK_TOKEN, environment
from tests.support.world import PASSWORD, Account, World

OPEN_FILES = 20_000
LIMITS = {
    "MAX_STREAMS_PER_USER": "1000",
    "WORKER_CONNECTIONS": "4000",
    "DATABASE_POOL_SIZE": "30",  # with 10, some of 20 senders at the same moment get their 503
    "LOG_LEVEL": "error",
}


GUNICORN = (sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py")


class Worker(Process):
    """gunicorn with one gevent worker, pinned to one core."""

    def __init__(self, variables: Mapping[str, str], log: Path, application: str = "wsgi:app") -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        with on(WORKER_CORES):
            super().__init__([*GUNICORN, application], {**variables, "PORT": str(self.port)}, log)
        self.wait_for(f"{self.url}/healthz")
        (self.pid,) = processes.children(self.child.pid)

    def cpu_s(self) -> float:
        """Seconds of a core that the worker has used, in user and in system mode."""
        return processes.cpu_s(self.pid)

    def rss_kb(self) -> int:
        """Its resident memory."""
        return processes.memory_kb(self.pid)

    def cookie(self, account: Account) -> str:
        """Sign ``account`` in; the Cookie header of its requests."""
        return sign_in(self.url, account.email)


def sign_in(url: str, email: str) -> str:
    """The Cookie header of the requests of an account whose password is PASSWORD."""
    answer = requests.post(f"{url}/api/auth/login", json={"email": email, "password": PASSWORD}, timeout=60)
    answer.raise_for_status()
    return f"access_token={answer.cookies['access_token']}"


class Stage:
    """Everything in a temporary folder; gone at the end. This process and its children keep off the worker's core.

    ``settings`` are those of the workers, beside the ones that the tests have.
    """

    def __init__(self, settings: Mapping[str, str] = LIMITS) -> None:
        self._stack = ExitStack()
        self._settings = settings
        self._databases: list[str] = []

    def __enter__(self) -> Self:
        limit = min(OPEN_FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        try:
            self._stack.enter_context(on(OTHER_CORES))
            self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="chatstream-bench-")))
            self.folder.chmod(0o711)  # for PostgreSQL's user, so that its data stay in here
            self._postgres = self._stack.enter_context(EmbeddedPostgres(self.folder / "postgres"))
            self.database_url = self.database("chatstream")
            self.variables = environment(self.database_url, **self._settings)
            self.app = create_app(Settings.from_environment({**self.variables, "LOG_LEVEL": "error"}))
            with self.app.app_context():
                flask_migrate.upgrade()
            self.world = World(self.app)
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with self.app.app_context():
            db.engine.dispose()
        self._stack.close()

    def worker(self, application: str = "wsgi:app", **changes: str) -> Worker:
        """A worker; stop it by leaving it."""
        return Worker({**self.variables, **changes}, self.folder / "worker.log", application)

    def simulator(self) -> Simulator:
        """The simulated n8n."""
        return self._stack.enter_context(Simulator(self.variables, self.folder / "simulator.log", WEBHOOK_TOKEN))

    def stand_in(self) -> StandIn:
        """The workflow of ssebench."""
        return self._stack.enter_context(StandIn(self.program, self.folder / "workflow.log"))

    @cached_property
    def program(self) -> Path:
        """ssebench, compiled."""
        return generator.build(self.folder)

    def database(self, name: str) -> str:
        """The address of a database of the one server, made where it does not exist."""
        self._postgres.create_database(name)
        self._databases.append(self._postgres.url(name))
        return self._databases[-1]

    def check_durability(self) -> None:
        """Raises AssertionError unless a commit is on the disk when it is told."""
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert self.ask(f"SHOW {setting}") == ("on",), setting

    def analyze(self) -> None:
        """What autovacuum does in time: the planner knows the tables of all databases."""
        for url in self._databases:
            with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
                cursor.execute("ANALYZE")

    def database_cpu_s(self) -> float:
        """Seconds of a core that PostgreSQL has used, all of its processes."""
        assert self._postgres.process is not None
        return processes.family_cpu_s(self._postgres.process.pid)

    def chats(self, account: Account, agent_id: str, count: int) -> list[str]:
        """The ids of ``count`` new chats."""
        keys = {"team_id": account.team_id, "user_id": account.id, "agent_id": uuid.UUID(agent_id)}
        with self.app.app_context():
            rows = [Chat(**keys) for _ in range(count)]
            db.session.add_all(rows)
            db.session.commit()
            return [str(row.id) for row in rows]

    def ask(self, query: str) -> tuple[Any, ...]:
        """The first row of ``query``, where it has one."""
        with closing(psycopg2.connect(self.database_url)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(query)
                return cursor.fetchone() or () if cursor.description else ()

    def load(self, worker: Worker, cookie: str, chats: Sequence[str], ramp_s: float) -> Load:
        """A client for each chat, on its way, that sends one message."""
        requests = [Request(number, f"/api/chats/{chat}/messages", cookie) for number, chat in enumerate(chats)]
        return Load(self.program, self.folder, worker.port, requests, ramp_s=ramp_s)


def quantiles(values: Sequence[float]) -> tuple[float, float, float]:
    """Median, 99th percentile and greatest."""
    ranked = sorted(values)
    return ranked[len(ranked) // 2], ranked[int((len(ranked) - 1) * 0.99)], ranked[-1]
