"""Without TRACES nothing of OpenTelemetry is there, nor needs to be; TRACES without its packages says so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from chatstream.config import Settings, SettingsError
from tests.support.person import Person
from tests.support.server import ROOT, Server, command_environment
from tests.support.world import World

HIDING = """
from importlib.machinery import PathFinder

find = PathFinder.find_spec
PathFinder.find_spec = lambda name, *more: None if name.startswith("opentelemetry") else find(name, *more)
"""
"""What a sitecustomize has to say for a Python to be as one in which those packages are not installed."""


@pytest.fixture
def without_packages(tmp_path: Path) -> dict[str, str]:
    """Variables that hide them from a process."""
    (tmp_path / "sitecustomize.py").write_text(HIDING)
    return {"PYTHONPATH": str(tmp_path)}


def run(variables: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    environ = command_environment(variables)
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=60
    )


def test_it_serves_without_the_packages(
    app: Flask,
    world: World,
    variables: dict[str, str],
    simulator: str,
    without_packages: dict[str, str],
    tmp_path: Path,
) -> None:
    hidden = {**variables, **without_packages}
    assert "No module named 'opentelemetry'" in run(hidden, "-c", "import opentelemetry").stderr
    account = world.account()
    agent_id = world.agent(account.team_id, f"{simulator}?tokens=3")
    with Server(hidden, tmp_path / "log") as server, Person(server.url, account) as person:
        assert person.send(person.open_chat(agent_id)).text == "t1 t2 t3"
        assert server.stop() == 0


def test_switched_off_it_is_not_imported(variables: dict[str, str]) -> None:
    """redis-py imports the part for metrics by itself where it is installed; nothing can be traced with that."""
    look = "import sys, wsgi; print([name for name in sys.modules if name.startswith(('opentelemetry.sdk.trace', "
    look += "'opentelemetry.exporter', 'opentelemetry.proto', 'chatstream.tracing.otel'))])"
    assert run(variables, "-c", look).stdout == "[]\n"
    assert "opentelemetry.sdk.trace" in run({**variables, "TRACES": "on"}, "-c", look).stdout


@pytest.mark.parametrize(
    "command",
    [("-m", "flask", "--app", "wsgi", "team", "list"), ("-m", "gunicorn", "-c", "gunicorn.conf.py", "wsgi:app")],
)
def test_switched_on_without_the_packages_is_told_plainly(
    variables: dict[str, str], without_packages: dict[str, str], command: tuple[str, ...]
) -> None:
    done = run({**variables, **without_packages, "TRACES": "on"}, *command)
    assert done.returncode == 1
    assert "TRACES: needs packages: pip install -r requirements-otel.txt" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"])
def test_a_protocol_that_is_not_spoken_is_refused(variables: dict[str, str], name: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name}: must be http/protobuf"):
        Settings.from_environment({**variables, "TRACES": "on", name: "grpc"})
    assert Settings.from_environment({**variables, name: "grpc"}).traces == "off"
    assert Settings.from_environment({**variables, "TRACES": "on", name: "http/protobuf"}).traces == "on"
