"""``flask doctor``, and what balancers are told of a worker that stops."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from flask import Flask

from chatstream.services import doctor
from tests.api.test_cli import run
from tests.api.test_operations import production
from tests.support.person import Person
from tests.support.server import ROOT, Server, command_environment
from tests.support.world import World


def findings(output: str) -> dict[str, str]:
    """The verdicts by name."""
    found = (line.split() for line in output.splitlines() if line.startswith(("ok", "warning", "failed")))
    return {name: verdict for verdict, name, *_ in found}


def test_a_healthy_installation(app: Flask, variables: dict[str, str]) -> None:
    found = findings(run(production(variables), "doctor"))
    looked_at = ("settings", "database", "migrations", "version", "connections", "clock", "outbound", "disk")
    assert {name: found[name] for name in looked_at} == dict.fromkeys(looked_at, "ok")
    assert findings(run(app, "doctor"))["settings"] == "warning"
    behind_a_proxy = run(production(variables, TRUSTED_PROXIES="1"), "doctor")
    assert "Set METRICS_TOKEN" in behind_a_proxy


def test_everything_that_is_wrong_is_told_with_advice(variables: dict[str, str]) -> None:
    changes = {"DATABASE_URL": "postgresql://127.0.0.1:9/x", "REDIS_URL": "redis://127.0.0.1:9/0"}
    environ = command_environment({**variables, **changes, "WORKER_CONNECTIONS": "100000"})
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "doctor"]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    output = done.stdout
    found = findings(output)
    failed = ("database", "migrations", "redis", "version", "connections", "clock")
    assert {name: found[name] for name in failed} == dict.fromkeys(failed, "failed")
    assert found["outbound"] == "ok"
    for advice in ("DATABASE_URL", "flask db upgrade", "REDIS_URL", "LimitNOFILE"):
        assert advice in output
    assert "6 of these must be put right" in done.stderr
    assert "Traceback" not in done.stderr


def test_limits_that_are_passed_fail(app: Flask, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "SKEW_S", -1.0)
    monkeypatch.setattr(doctor, "FREE_BYTES", 1 << 60)
    monkeypatch.setattr(doctor, "OLDEST_POSTGRESQL", 990_000)
    found = findings(run(production(variables, DATABASE_POOL_SIZE="500"), "doctor", fails=True))
    names = ("clock", "disk", "version", "connections")
    assert {name: found[name] for name in names} == dict.fromkeys(names, "failed")


def test_a_worker_that_stops_is_not_ready(
    app: Flask, world: World, variables: dict[str, str], simulator: str, tmp_path: Path
) -> None:
    account = world.account()
    agent_id = world.agent(account.team_id, f"{simulator}?tokens=300&delay_ms=10")
    with (
        Server({**variables, "GRACEFUL_TIMEOUT": "10"}, tmp_path / "log") as server,
        Person(server.url, account) as person,
    ):
        with (
            socket.create_connection(("127.0.0.1", server.port), timeout=10) as early,
            person.begin(person.open_chat(agent_id)) as stream,
        ):
            early.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\n")  # a request on its way when the stop comes
            next(stream.iter_content(1))
            server.child.terminate()
            time.sleep(1.0)
            early.sendall(b"\r\n")
            answer = early.makefile().read()
        server.wait()
    assert answer.startswith("HTTP/1.1 503 ")
    assert "worker: is stopping\n" in answer
