"""The launcher, with a real PostgreSQL and gunicorn and a small application in ChatStream's place."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from devkit.processes import wait_for
from tests.devkit import stand_in
from tests.devkit.scan import left_after, processes_about

ROOT = Path(__file__).parent.parent.parent
NO_DATABASE = {"DATABASE_URL": "postgresql://stand-in-needs-none"}


def _heed_hangups() -> None:
    """As from a terminal, also where the tests themselves run under nohup, which the launcher would respect."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


class Run:
    """A launcher that was started on ``folder``."""

    def __init__(self, folder: Path, **extra: str) -> None:
        self.folder = folder
        self.port = free_port()
        env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PORT": str(self.port)} | extra
        self.output = folder / "output.log"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, stand_in.__file__, "launch", str(folder)],
                env=env,
                stdout=output,
                stderr=output,
                preexec_fn=_heed_hangups,
            )

    @property
    def text(self) -> str:
        """What the terminal shows so far."""
        return self.output.read_text()

    def wait_for_text(self, wanted: str) -> None:
        """Wait until the terminal shows ``wanted``."""
        shown = wait_for(lambda: wanted in self.text or self.process.poll() is not None, 20)
        assert shown, self.text
        assert wanted in self.text

    def end(self, *signals: signal.Signals) -> int:
        """Send the signals, return the exit code."""
        for sig in signals:
            self.process.send_signal(sig)
        return self.process.wait(20)

    def get(self, path: str) -> bytes:
        """The body of the server's answer."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)) as connection:
            connection.request("GET", path)
            return connection.getresponse().read()

    @contextmanager
    def stream(self) -> Iterator[socket.socket]:
        """An answer that never ends, of which the first token came."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
            received = b""
            while b"token" not in received:
                received += connection.recv(4096)
            yield connection

    def step(self, name: str) -> Any:
        """What a step was given."""
        return json.loads((self.folder / f"{name}.json").read_text())


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def launched(folder: Path, **extra: str) -> Iterator[Run]:
    """A launcher that may still be starting; killed at the end where the test did not stop it."""
    (folder / "wsgi.py").write_text(stand_in.WSGI)
    (folder / "gunicorn.conf.py").write_text(stand_in.GUNICORN_CONF)
    run = Run(folder, **extra)
    try:
        yield run
    finally:
        run.process.kill()
        run.process.wait()
        left_after(folder, 10)


def test_everything_starts_and_stops_in_order_and_again(folder: Path) -> None:
    with launched(folder) as run:
        run.wait_for_text("Ctrl-C stops everything")
        assert f"http://127.0.0.1:{run.port}/api/docs" in run.text
        assert run.get("/healthz") == b"ok"
        assert run.step("migrate")["began"] < run.step("seed")["began"]
        server = json.loads(run.get("/environment"))
        assert server["CHATSTREAM_ENV"] == "development"
        assert server["GRACEFUL_TIMEOUT"] == "5"
        assert "DEMO_WEBHOOK_TOKEN" not in server
        seed = run.step("seed")
        assert seed["arguments"] == [f"http://127.0.0.1:{stand_in.SIMULATOR_PORT}/webhook/demo"]
        token = seed["environment"]["DEMO_WEBHOOK_TOKEN"]
        assert token == run.step("simulator")["environment"]["N8N_SIM_TOKEN"]
        with closing(psycopg2.connect(server["DATABASE_URL"])) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE kept AS SELECT 7 AS n")
            connection.commit()
        assert (folder / "instance" / "secrets.env").stat().st_mode & 0o777 == 0o600
        assert run.end(signal.SIGINT) == 0
        assert not left_after(folder, 5), run.text
    with launched(folder, GRACEFUL_TIMEOUT="1") as run:
        run.wait_for_text("Ctrl-C stops everything")
        again = json.loads(run.get("/environment"))
        for name in ("JWT_SECRET_KEY", "PASSWORD_PEPPER", "TOKEN_ENCRYPTION_KEYS"):
            assert again[name] == server[name]
        with closing(psycopg2.connect(again["DATABASE_URL"])) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT n FROM kept")
            assert cursor.fetchone() == (7,)
        with run.stream():  # it delays the end, but for the graceful time only
            began = time.monotonic()
            assert run.end(signal.SIGTERM) == 0
            assert 0.5 < time.monotonic() - began < 5
        assert not left_after(folder, 5), run.text


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        ("hang", "The web client is being built; the page shows it when that is done."),
        ("talk", "The thing is done. Reload the page."),
        ("fail", "There is no new web client: the reason why it failed\nEverything else runs."),
    ],
)
def test_the_server_does_not_wait_for_the_web_client(folder: Path, behaviour: str, said: str) -> None:
    with launched(folder, FAKE_WEB=behaviour, **NO_DATABASE) as run:
        run.wait_for_text(said)
        assert run.text.index("Ctrl-C stops everything") < run.text.index(said)
        assert run.get("/healthz") == b"ok"
        assert "JWT_SECRET_KEY" not in run.step("web")["environment"]
        assert run.end(signal.SIGINT) == 0
        assert not left_after(folder, 5), run.text


@pytest.mark.parametrize("value", ["off", "/srv/an-app"])
def test_no_web_client_is_built_where_another_or_none_is_served(folder: Path, value: str) -> None:
    with launched(folder, WEB_APP=value, **NO_DATABASE) as run:
        run.wait_for_text("Ctrl-C stops everything")
        assert not (folder / "web.json").exists()
        assert run.end(signal.SIGINT) == 0


def test_a_second_signal_hurries(folder: Path) -> None:
    with launched(folder, GRACEFUL_TIMEOUT="60", **NO_DATABASE) as run:
        run.wait_for_text("Ctrl-C stops everything")
        with run.stream():
            run.process.send_signal(signal.SIGINT)
            run.wait_for_text("Stopping")
            began = time.monotonic()
            assert run.end(signal.SIGINT) == 0
            assert time.monotonic() - began < 3
        assert not left_after(folder, 5), run.text


def test_a_killed_launcher_leaves_nothing_behind(folder: Path) -> None:
    with launched(folder, GRACEFUL_TIMEOUT="1") as run:
        run.wait_for_text("Ctrl-C stops everything")
        with run.stream():
            assert len(processes_about(folder)) > 5
            assert run.end(signal.SIGKILL) == -signal.SIGKILL
            assert not left_after(folder, 5)


def test_a_killed_make_ends_the_launcher(folder: Path) -> None:
    (folder / "wsgi.py").write_text(stand_in.WSGI)
    (folder / "gunicorn.conf.py").write_text(stand_in.GUNICORN_CONF)
    launch = [sys.executable, stand_in.__file__, "launch", str(folder)]
    make = f"import subprocess; subprocess.run({launch!r})"
    env = {"PYTHONPATH": str(ROOT), "PORT": str(free_port()), "MAKELEVEL": "1", "FAKE_MIGRATE": "hang"}
    with (folder / "output.log").open("wb") as output:
        parent = subprocess.Popen([sys.executable, "-c", make], env=env, stdout=output)
    started = wait_for((folder / "migrate.json").exists, 20)
    parent.kill()
    parent.wait()
    assert started
    assert not left_after(folder, 10)


def test_a_port_in_use_is_said_before_anything_else(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with launched(folder, PORT=str(port)) as run:
            assert run.process.wait(5) == 1
            assert f"Port {port} of 127.0.0.1 is in use" in run.text
            assert not (folder / "instance").exists()


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({"PORT": "http"}, "PORT=http is not a number"),
        ({"HOST": "203.0.113.7"}, "can not listen on 203.0.113.7"),
        ({"CHATSTREAM_ENV": "production"}, "for development"),
        ({"FAKE_MIGRATE": "fail"}, "Migrating the database failed, exit code 1:\n  the reason why it failed"),
        ({"FAKE_SEED": "fail"}, "Adding the demo data failed, exit code 1:\n  the reason why it failed"),
        ({"FAKE_SIMULATOR": "fail", "FAKE_MIGRATE": "hang"}, "The n8n simulator ended by itself, exit code 1."),
    ],
)
def test_a_failed_start_says_why_and_leaves_nothing(folder: Path, extra: dict[str, str], said: str) -> None:
    with launched(folder, **(NO_DATABASE | extra)) as run:
        assert run.process.wait(15) == 1
        assert said in run.text
        assert "Traceback" not in run.text
        assert not left_after(folder, 5), run.text


@pytest.mark.parametrize(
    ("victim", "said", "extra", "moment"),
    [
        ("/postgres ", "The PostgreSQL was ended by SIGKILL. The end of", {"FAKE_MIGRATE": "hang"}, "migrate.json"),
        (
            "stand_in.py simulator",
            "The n8n simulator was ended by SIGKILL. The end of",
            {"FAKE_SEED": "hang"} | NO_DATABASE,
            "seed.json",
        ),
        ("gunicorn", "The server was ended by SIGKILL. Its output is above.", NO_DATABASE, None),
    ],
)
def test_a_part_that_dies_ends_the_rest(
    folder: Path, victim: str, said: str, extra: dict[str, str], moment: str | None
) -> None:
    with launched(folder, **extra) as run:
        if moment:
            assert wait_for((folder / moment).exists, 20)
        else:
            run.wait_for_text("Ctrl-C stops everything")
        matching = [pid for pid, command in processes_about(folder).items() if victim in command]
        os.kill(min(matching), signal.SIGKILL)  # the arbiter, or postmaster, is older than its children
        assert run.process.wait(15) == 1
        assert said in run.text
        assert ("last words" in run.text) == ("simulator" in victim)  # the tail of its own log, no other
        assert not left_after(folder, 2), run.text


@pytest.mark.parametrize(
    ("moment", "extra"),
    [
        ("instance/postgres/data.unfinished", {}),
        ("migrate.json", {"FAKE_MIGRATE": "hang"} | NO_DATABASE),
        ("simulator.json", {"FAKE_SIMULATOR": "hang"} | NO_DATABASE),
        ("seed.json", {"FAKE_SEED": "hang"} | NO_DATABASE),
    ],
)
def test_a_signal_during_the_start_leaves_nothing(folder: Path, moment: str, extra: dict[str, str]) -> None:
    with launched(folder, **extra) as run:
        assert wait_for(lambda: (folder / moment).exists(), 10)
        assert run.end(signal.SIGHUP) == 0
        assert not left_after(folder, 5), run.text
