"""``make run``: the server with a database and a simulated n8n, started in order and stopped in order."""

from __future__ import annotations

import contextlib
import errno
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO, Final

import psycopg2

from devkit.embedded_postgres import EmbeddedPostgres, PostgresError
from devkit.processes import die_with_parent, spawn, stop_group, tail, wait_for
from devkit.secrets import development_secrets
from devkit.web_step import WebStep

_FLASK: Final = (sys.executable, "-m", "flask", "--app", "wsgi")
_DATABASE: Final = "chatstream"
_STEP_LIMIT_S: Final = 120
_READY_LIMIT_S: Final = 60
_LOOK_S: Final = 0.1
_LOCAL: Final = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 (an address to call, not to bind)


class LaunchError(Exception):
    """The start failed, or a part ended by itself. Its text is for the person at the terminal."""


class Stop(Exception):  # a wish, not an error
    """A signal asked for the end."""


@dataclass(frozen=True, slots=True)
class Commands:
    """What the launcher starts; a test puts its own in their place."""

    migrate: tuple[str, ...] = (*_FLASK, "db", "upgrade")
    simulator: tuple[str, ...] = (*_FLASK, "n8n-sim", "--port", "0", "--port-file", "{port_file}")
    seed: tuple[str, ...] = (*_FLASK, "seed", "--webhook-url", "{webhook_url}")
    web: tuple[str, ...] = (sys.executable, "-m", "devkit.web", "build", "--if-needed")
    server: tuple[str, ...] = (
        *(sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "-k", "gevent"),
        "wsgi:app",
    )


@dataclass(frozen=True, slots=True)
class Child:
    """A process that is to run until the end. ``log`` is None where its output goes to the terminal."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path | None


@dataclass(slots=True)
class Launcher:
    """One run of everything below the checkout ``root``."""

    root: Path
    environ: Mapping[str, str]
    commands: Commands = field(default_factory=Commands)
    _env: dict[str, str] = field(default_factory=dict, init=False)
    _demo_token: str = field(default="", init=False, repr=False)
    _children: list[Child] = field(default_factory=list, init=False)
    _postgres: EmbeddedPostgres | None = field(default=None, init=False)
    _web: WebStep | None = field(default=None, init=False)
    _signals: int = field(default=0, init=False)

    def run(self) -> int:
        """Start everything, wait for a signal or a failure, stop everything; return the exit code."""
        for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if sig != signal.SIGHUP or signal.getsignal(sig) is not signal.SIG_IGN:  # nohup
                signal.signal(sig, self._on_signal)
        if self.environ.get("MAKELEVEL"):
            die_with_parent(signal.SIGTERM, os.getppid())  # a killed make must not leave us behind
        began = time.monotonic()
        code = 0
        try:
            host, port = self._start()
            _say(_banner(host, port, time.monotonic() - began))
            while True:
                self._check()
                if self._web and (word := self._web.word()):
                    _say(word)
                time.sleep(_LOOK_S)
        except Stop:
            _say("\nStopping (Ctrl-C again to hurry)")
        except (LaunchError, PostgresError, psycopg2.Error, OSError) as error:
            _say(f"\n{error}", sys.stderr)
            code = 1
        finally:
            self._stop_all()
        return code

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        """Only take note: an exception from here could lose a process between its start and our list of it."""
        self._signals += 1

    def _check(self) -> None:
        """Raise Stop when a signal came, LaunchError when a part ended by itself."""
        if self._signals:
            raise Stop
        for child in self._children:
            if child.process.poll() is not None:
                raise LaunchError(_obituary(child.name, child.process.returncode, child.log))

    def _hurry(self) -> bool:
        return self._signals > 1

    def _start(self) -> tuple[str, int]:
        """Every step up to a server that answers; returns where it does."""
        host, port = _address(self.environ)
        _check_port_free(host, port)
        instance = self.root / "instance"
        if not instance.exists():
            instance.mkdir()
            instance.chmod(0o711)  # PostgreSQL's user must get through, whatever the umask
        self._prepare_environment(instance, host, port)
        self._web = WebStep(self.commands.web, self.root, instance / "web.log")
        self._web.start(self.environ)
        if not self._env.get("DATABASE_URL"):
            self._start_postgres(instance)
        port_file = instance / "n8n-sim.port"
        port_file.unlink(missing_ok=True)
        # The slow part of each is to load the application: two at a time.
        simulator = {"port_file": str(port_file)}
        self._spawn("n8n simulator", self.commands.simulator, simulator, instance / "n8n-sim.log", "N8N_SIM_TOKEN")
        self._run_step("Migrating the database", self.commands.migrate, {}, instance / "migrate.log")
        if not wait_for(lambda: _port_in(port_file) is not None, _READY_LIMIT_S, self._check):
            raise LaunchError(f"The n8n simulator does not listen:\n{tail(instance / 'n8n-sim.log')}")
        self._spawn("server", self.commands.server, {}, None)
        webhook = {"webhook_url": f"http://127.0.0.1:{_port_in(port_file)}/webhook/demo"}
        self._run_step("Adding the demo data", self.commands.seed, webhook, instance / "seed.log")
        if not wait_for(lambda: _is_healthy(host, port), _READY_LIMIT_S, self._check):
            raise LaunchError(f"The server does not answer /healthz within {_READY_LIMIT_S} s.")
        return host, port

    def _prepare_environment(self, instance: Path, host: str, port: int) -> None:
        """What every child's environment has; the caller's own settings win over the made ones."""
        given = {name: text for name, text in self.environ.items() if text.strip()}
        if given.get("CHATSTREAM_ENV", "development") != "development":
            raise LaunchError(
                "This launcher is for development and puts accounts with known passwords into the database: "
                "run it without CHATSTREAM_ENV, or start gunicorn itself."
            )
        made = development_secrets(instance / "secrets.env")
        self._env = {"GRACEFUL_TIMEOUT": "5", "CHATSTREAM_ENV": "development", **made, **given}
        self._env |= {"HOST": host, "PORT": str(port)}
        self._demo_token = self._env.pop("DEMO_WEBHOOK_TOKEN")

    def _start_postgres(self, instance: Path) -> None:
        if not (instance / "postgres").exists():
            _say("Making a database in instance/postgres (once)")
        postgres = EmbeddedPostgres(instance / "postgres", on_wait=self._check)
        postgres.start()
        self._postgres = postgres
        if postgres.process is not None:
            self._children.append(Child("PostgreSQL", postgres.process, postgres.log))
        postgres.create_database(_DATABASE)
        self._env["DATABASE_URL"] = postgres.url(_DATABASE)

    def _spawn(
        self,
        name: str,
        command: tuple[str, ...],
        values: Mapping[str, str],
        log: Path | None,
        token_name: str | None = None,
    ) -> Child:
        """Start a part that is to run until the end."""
        process = self._popen(command, values, log, token_name)
        child = Child(name, process, log)
        self._children.append(child)
        return child

    def _run_step(self, what: str, command: tuple[str, ...], values: Mapping[str, str], log: Path) -> None:
        """Run a command to its end. Raises LaunchError with the tail of its output where it fails."""
        process = self._popen(command, values, log, "DEMO_WEBHOOK_TOKEN")
        try:
            ended = wait_for(lambda: process.poll() is not None, _STEP_LIMIT_S, self._check)
        finally:
            stop_group(process, signal.SIGTERM, 2, self._hurry)
        if not ended:
            raise LaunchError(f"{what} takes longer than {_STEP_LIMIT_S} s:\n{tail(log)}")
        if process.returncode:
            raise LaunchError(f"{what} failed, exit code {process.returncode}:\n{tail(log)}")

    def _popen(
        self, command: tuple[str, ...], values: Mapping[str, str], log: Path | None, token_name: str | None
    ) -> subprocess.Popen[bytes]:
        env = self._env | ({token_name: self._demo_token} if token_name else {})
        words = [word.format_map(values) if word.startswith("{") else word for word in command]
        with contextlib.ExitStack() as stack:
            output: IO[bytes] | None = stack.enter_context(log.open("wb")) if log else None
            return spawn(words, env=env, cwd=self.root, output=output)

    def _stop_all(self) -> None:
        """Stop the parts, the last started first: the server still needs the others while it drains."""
        self._signals = min(self._signals, 1)
        drain_s = float(self._env["GRACEFUL_TIMEOUT"]) if self._env.get("GRACEFUL_TIMEOUT", "").isdigit() else 5
        if self._web:
            self._web.stop()
        while self._children:
            child = self._children.pop()
            if self._postgres is None or child.process is not self._postgres.process:
                patience = drain_s + 5 if child.log is None else 5
                stop_group(child.process, signal.SIGTERM, patience, self._hurry)
        if self._postgres is not None:
            self._postgres.stop("immediate" if self._hurry() else "fast")


def _say(text: str, stream: IO[str] | None = None) -> None:
    """Print; a terminal that is gone must not keep us from stopping the children."""
    with contextlib.suppress(OSError, ValueError):
        print(text, file=stream or sys.stdout, flush=True)


def _obituary(name: str, code: int, log: Path | None) -> str:
    how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended by itself, exit code {code}"
    return f"The {name} {how}. " + (f"The end of {log}:\n{tail(log)}" if log else "Its output is above.")


def _address(environ: Mapping[str, str]) -> tuple[str, int]:
    """HOST and PORT, or their defaults. Raises LaunchError for a port that is none."""
    text = environ.get("PORT", "").strip() or "8000"
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise LaunchError(f"PORT={text} is not a number from 1 to 65535.")
    return environ.get("HOST", "").strip() or "127.0.0.1", int(text)


def _check_port_free(host: str, port: int) -> None:
    """Raise LaunchError where the server could not listen there."""
    try:
        family, _, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(where)
    except socket.gaierror as error:
        raise LaunchError(f"HOST={host} is no address: {error.strerror}") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            other = port + 1 if port < 65535 else 8000
            raise LaunchError(
                f"Port {port} of {host} is in use: stop what uses it, or choose another with PORT={other} make run"
            ) from None
        raise LaunchError(f"The server can not listen on {host}, port {port}: {error.strerror}") from None


def _port_in(file: Path) -> int | None:
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None


def _is_healthy(host: str, port: int) -> bool:
    """Whether GET /healthz gives 200, asked without the proxies that the environment may name."""
    connection = http.client.HTTPConnection(_LOCAL.get(host, host), port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _banner(host: str, port: int, seconds: float) -> str:
    name = _LOCAL.get(host, host)
    address = f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"
    argument = "" if address == "http://127.0.0.1:8000" else f" {address}"
    return f"""
ChatStream is ready, after {seconds:.1f} s

  Address   {address}
  API docs  {address}/api/docs
  Accounts  admin@demo.example / demo-admin-password
            user@demo.example / demo-user-password
  Next      scripts/test_streaming.sh{argument}

Ctrl-C stops everything.
"""


def main() -> int:
    """Run the checkout that this file is in."""
    return Launcher(Path(__file__).resolve().parent.parent, os.environ).run()


if __name__ == "__main__":
    sys.exit(main())
