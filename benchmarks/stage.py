"""What the benchmarks stand on: a durable PostgreSQL, workers under gunicorn, a workflow, people who are signed in."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self

import flask_migrate
import psycopg2
import requests

from chatstream import create_app
from chatstream.config import Settings
from chatstream.extensions import db
from chatstream.models import Chat
from devkit.embedded_postgres import EmbeddedPostgres
from tests.support.server import ROOT, Process, Simulator, free_port
from tests.support.settings import WEBHOOK_TOKEN, environment
from tests.support.world import PASSWORD, Account, World

OPEN_FILES = 20_000
LIMITS = {
    "MAX_STREAMS_PER_USER": "1000",
    "WORKER_CONNECTIONS": "4000",
    "DATABASE_POOL_SIZE": "30",  # with 10, some of 20 senders at the same moment get their 503
    "LOG_LEVEL": "error",
}
TICKS = os.sysconf("SC_CLK_TCK")


_first, *_others = sorted(os.sched_getaffinity(0))
WORKER_CORES = {_first}
OTHER_CORES = set(_others) or WORKER_CORES
"""Those of everything but the worker; the same one where there is only one."""


@contextmanager
def on(chosen: set[int]) -> Iterator[None]:
    """What is started inside stays on these cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, chosen)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Worker(Process):
    """gunicorn with one gevent worker, pinned to one core."""

    def __init__(self, variables: Mapping[str, str], log: Path, application: str = "wsgi:app") -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", application]
        with on(WORKER_CORES):
            super().__init__(command, {**variables, "PORT": str(self.port)}, log)
        self.wait_for(f"{self.url}/healthz")
        arbiter = self.child.pid
        self.pid = int(Path(f"/proc/{arbiter}/task/{arbiter}/children").read_text().split()[0])

    def cpu_s(self) -> float:
        """Seconds of a core that the worker has used, in user and in system mode."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def rss_kb(self) -> int:
        """Its resident memory."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0])

    def cookie(self, account: Account) -> str:
        """Sign ``account`` in; the Cookie header of its requests."""
        login = {"email": account.email, "password": PASSWORD}
        answer = requests.post(f"{self.url}/api/auth/login", json=login, timeout=10)
        answer.raise_for_status()
        return f"access_token={answer.cookies['access_token']}"


class StandIn(Process):
    """The workflow of ssebench.c."""

    def __init__(self, program: Path, log: Path) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/webhook/demo"
        super().__init__([str(program), "workflow", str(port)], {}, log)
        self.wait_for(f"http://127.0.0.1:{port}/healthz")


class Stage:
    """Everything in a temporary folder; gone at the end. This process and its children keep off the worker's core.

    ``settings`` are for the application, beside LIMITS.
    """

    def __init__(self, **settings: str) -> None:
        self._settings = settings
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        limit = min(OPEN_FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        self._stack.enter_context(on(OTHER_CORES))
        self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="chatstream-bench-")))
        self.folder.chmod(0o711)  # for PostgreSQL's user, so that its data stay in here
        postgres = self._stack.enter_context(EmbeddedPostgres(self.folder / "postgres"))
        postgres.create_database("chatstream")
        self.database_url = postgres.url("chatstream")
        self.variables = environment(self.database_url, **{**LIMITS, **self._settings})
        self.app = create_app(Settings.from_environment(self.variables))
        with self.app.app_context():
            flask_migrate.upgrade()
        self.world = World(self.app)
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
        """The workflow of ssebench.c."""
        return self._stack.enter_context(StandIn(self.program, self.folder / "workflow.log"))

    @property
    def program(self) -> Path:
        """ssebench, compiled."""
        program = self.folder / "ssebench"
        if not program.exists():
            source = ROOT / "benchmarks" / "ssebench.c"
            subprocess.run(["cc", "-O2", "-o", str(program), str(source)], check=True)
        return program

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
        connection = psycopg2.connect(self.database_url)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(query)
                return cursor.fetchone() or () if cursor.description else ()
        finally:
            connection.close()

    def load(self, worker: Worker, cookie: str, chats: Sequence[str], ramp_s: float) -> subprocess.Popen[str]:
        """ssebench's client, on its way; its standard output will be one line of JSON."""
        paths = self.folder / "paths"
        paths.write_text("".join(f"/api/chats/{chat}/messages\n" for chat in chats))
        command = [str(self.program), "load", str(worker.port), str(paths), "1", cookie, str(ramp_s)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def quantiles(values: Sequence[float]) -> tuple[float, float, float]:
    """Median, 99th percentile and greatest."""
    ranked = sorted(values)
    return ranked[len(ranked) // 2], ranked[int((len(ranked) - 1) * 0.99)], ranked[-1]
