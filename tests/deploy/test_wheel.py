"""The wheel: it has all that serves, the web client too, and serves from a folder of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest
import requests

from devkit.embedded_postgres import EmbeddedPostgres
from tests.support.server import ROOT, Process, command_environment, free_port
from tests.support.settings import environment
from tests.support.web_app import PAGE, SCRIPT, make_web_app

TAKEN = ("chatstream", "migrations", "devkit", "gunicorn.conf.py", "wsgi.py", "pyproject.toml", "requirements.in")
"""Of the checkout, and more than shall be in it."""


def run(*command: str | Path, folder: Path, variables: dict[str, str] | None = None) -> None:
    result = subprocess.run(
        list(map(str, command)),
        cwd=folder,
        env=command_environment(variables or {}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of the checkout, with a small bundle where `make web` leaves its own."""
    root = tmp_path_factory.mktemp("checkout")
    for name in TAKEN:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("static"))
        else:
            shutil.copy(ROOT / name, root)
    make_web_app(root / "chatstream" / "static" / "app")
    pip_wheel = ("-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation")
    run(sys.executable, *pip_wheel, "--wheel-dir", "built", ".", folder=root)
    (built,) = (root / "built").glob("*.whl")
    return built


def test_it_has_what_serves_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        names = {name for name in opened.namelist() if ".dist-info/" not in name}
        (metadata,) = (opened.read(name) for name in opened.namelist() if name.endswith("METADATA"))
    assets = {f"chatstream/static/app/assets/{name}" for name in ("app-a1b2.js", "app-a1b2.js.br", "app-a1b2.js.gz")}
    assert assets | {"chatstream/static/app/index.html", "chatstream/static/app/assets/app-c3d4.css"} == {
        name for name in names if "/static/" in name
    }
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "chatstream").rglob("*.py")}
    assert modules | {"wsgi.py"} == {name for name in names if name.endswith(".py") and ".data/" not in name}
    data = {name.split(".data/data/share/chatstream/")[1] for name in names if ".data/" in name}
    steps = {path.relative_to(ROOT).as_posix() for path in (ROOT / "migrations").rglob("*.*") if path.suffix != ".pyc"}
    assert data == {"gunicorn.conf.py"} | steps
    wanted = [line for line in (ROOT / "requirements.in").read_text().splitlines() if not line.startswith("#")]
    assert sorted(message_from_bytes(metadata).get_all("Requires-Dist", [])) == sorted(wanted)


def test_it_serves_from_a_folder_of_its_own(wheel: Path, postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    """The packages it needs are lent by ours; nothing of the checkout is within reach."""
    place = tmp_path / "venv"
    venv.create(place, symlinks=True)
    python = place / "bin" / "python"
    own = Path(sysconfig.get_path("purelib", vars={"base": str(place), "platbase": str(place)}))
    run(sys.executable, "-m", "pip", f"--python={python}", "install", "--no-deps", "--no-index", wheel, folder=tmp_path)
    (own / "lent.pth").write_text(sysconfig.get_path("purelib"))
    postgres.create_database("wheel")
    port = free_port()
    variables = {**environment(postgres.url("wheel")), "PORT": str(port), "WEB_CONCURRENCY": "1"}
    run(python, "-m", "flask", "--app", "wsgi", "db", "upgrade", folder=tmp_path, variables=variables)
    config = place / "share" / "chatstream" / "gunicorn.conf.py"
    command = [str(python), "-m", "gunicorn", "-c", str(config), "wsgi:app"]
    with Process(command, variables, tmp_path / "log", folder=tmp_path) as server:
        server.wait_for(f"http://127.0.0.1:{port}/readyz")
        page = requests.get(f"http://127.0.0.1:{port}/", headers={"Accept": "text/html"}, timeout=5)
        script = requests.get(f"http://127.0.0.1:{port}/assets/app-a1b2.js", timeout=5)
        assert (page.text, script.text) == (PAGE, SCRIPT)
