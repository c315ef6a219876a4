"""The systemd units: taken by systemd, patient enough for answers to end, and closed to what they do not need."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from chatstream.config import Settings
from tests.architecture.test_documented_settings import STRONG
from tests.support.server import ROOT

UNITS = sorted((ROOT / "deploy" / "systemd").iterdir())
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]

analyze = shutil.which("systemd-analyze")
with_systemd = pytest.mark.skipif(analyze is None, reason="systemd-analyze is missing")


def section(unit: Path, name: str) -> configparser.SectionProxy:
    parser = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(unit)
    return parser[name]


def on_this_machine(folder: Path) -> list[Path]:
    """The units, with the paths of an installation changed to those of this checkout: programs must be there."""
    for unit in UNITS:
        text = re.sub(r"/opt/chatstream/(current|releases/%i)", str(ROOT), unit.read_text())
        (folder / unit.name).write_text(text.replace("/etc/chatstream/chatstream.env", "/dev/null"))
    return [folder / unit.name for unit in UNITS]


@with_systemd
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    command = [str(analyze), "verify", "--man=no", *map(str, on_this_machine(tmp_path))]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    mine = [line for line in result.stderr.splitlines() if str(tmp_path) in line or "chatstream" in line]
    assert (result.returncode, mine) == (0, []), result.stderr


@with_systemd
@pytest.mark.parametrize("service", SERVICES, ids=lambda unit: unit.name)
def test_a_service_is_shut_in(service: Path, tmp_path: Path) -> None:
    """systemd's own measure, from 0 (shut) to 100 (open)."""
    (unit,) = [unit for unit in on_this_machine(tmp_path) if unit.name == service.name]
    command = [str(analyze), "security", "--offline=true", "--threshold=25", str(unit)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-300:]


def test_systemd_waits_longer_than_gunicorn() -> None:
    service = section(ROOT / "deploy" / "systemd" / "chatstream.service", "Service")
    assert service["KillMode"] == "mixed"
    assert int(service["TimeoutStopSec"]) >= Settings.from_environment(STRONG).graceful_timeout_s + 10
    assert int(service["LimitNOFILE"]) >= 2 * Settings.from_environment(STRONG).worker_connections


def test_the_timer_has_its_service() -> None:
    timers = [unit for unit in UNITS if unit.suffix == ".timer"]
    assert timers
    assert all(unit.with_suffix(".service") in SERVICES for unit in timers)


@pytest.mark.parametrize("service", SERVICES, ids=lambda unit: unit.name)
def test_services_share_one_installation(service: Path) -> None:
    values = section(service, "Service")
    assert values["User"] == "chatstream"
    assert values["EnvironmentFile"] == "/etc/chatstream/chatstream.env"
    assert re.match(r"/opt/chatstream/(current|releases/%i)/\.venv/bin/(gunicorn|flask) ", values["ExecStart"])
