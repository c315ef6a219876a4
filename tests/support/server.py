"""A real gunicorn with gevent workers, on a port of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import requests

ROOT = Path(__file__).parent.parent.parent
PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV")


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def command_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """``variables`` and the little of ours that a program needs to start."""
    return {name: os.environ[name] for name in PASSED_ON if name in os.environ} | dict(variables)


class Process:
    """A child whose output goes to a file, and that is waited for."""

    def __init__(self, command: list[str], environment: Mapping[str, str], log: Path, *, folder: Path = ROOT) -> None:
        self.log = log
        with log.open("ab") as output:
            self.child = subprocess.Popen(
                command, cwd=folder, env=command_environment(environment), stdout=output, stderr=output
            )

    def wait_for(self, url: str, *, seconds: float = 20.0) -> None:
        """Wait until ``url`` answers 200."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.child.poll() is None:
            try:
                if requests.get(url, timeout=1).status_code == 200:
                    return
            except requests.RequestException:
                time.sleep(0.05)
        raise AssertionError(f"{url} does not answer:\n{self.log.read_text()[-4000:]}")

    def stop(self, *, seconds: float = 15.0) -> int:
        """SIGTERM, and the exit code."""
        self.child.terminate()
        return self.wait(seconds=seconds)

    def wait(self, *, seconds: float = 15.0) -> int:
        """The exit code, once it has ended."""
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.child.poll() is None:
            self.stop()


class Server(Process):
    """ChatStream as it is deployed."""

    def __init__(self, environment: Mapping[str, str], log: Path, *, port: int | None = None) -> None:
        port = port or free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "wsgi:app"]
        super().__init__(command, {**environment, "PORT": str(port)}, log)
        self.wait_for(f"{self.url}/healthz")


class Simulator(Process):
    """The simulated n8n."""

    def __init__(self, environment: Mapping[str, str], log: Path, token: str) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "flask", "--app", "wsgi", "n8n-sim", "--port", str(port)]
        super().__init__(command, {**environment, "N8N_SIM_TOKEN": token}, log)
        self.wait_for(f"{self.url}/healthz")
