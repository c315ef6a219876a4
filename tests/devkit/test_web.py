"""Building the web client: what is current, what a build that fails or is killed leaves, and which Node will do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from devkit.node import Node, is_new_enough
from devkit.processes import wait_for
from devkit.web import Web, WebError

ROOT = Path(__file__).parent.parent.parent
FAKE_NPM = """
import os, sys, time
from pathlib import Path
with open("calls", "a") as calls:
    print(*sys.argv[1:], file=calls)
Path("node_modules").mkdir(exist_ok=True)
if "build" in sys.argv:
    if os.environ.get("FAKE_NPM") == "fail":
        sys.exit(3)
    assets = Path("app/dist/assets")
    assets.mkdir(parents=True, exist_ok=True)
    (assets / "a.js").write_text("1")
    if os.environ.get("FAKE_NPM") == "hang":
        Path("hanging").touch()
        time.sleep(60)
    Path("app/dist/index.html").write_text(Path("app/src/main.tsx").read_text())
"""


@pytest.fixture
def web(tmp_path: Path) -> Web:
    source = tmp_path / "web"
    for name in ("app/src/main.tsx", "app/tests/a.test.ts", "client/src/index.ts", "package.json", "package-lock.json"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(name)
    (tmp_path / "npm.py").write_text(FAKE_NPM)
    (tmp_path / "static").mkdir()
    return Web(source, tmp_path / "static" / "app")


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node((sys.executable, str(tmp_path / "npm.py")), tmp_path)


def calls(web: Web) -> list[str]:
    return (web.source / "calls").read_text().splitlines()


def test_a_bundle_is_current_until_its_source_changes(web: Web, node: Node) -> None:
    assert not web.is_current()
    web.build(node)
    assert web.is_current()
    assert (web.bundle / "index.html").read_text() == "app/src/main.tsx"
    (web.source / "app" / "tests" / "a.test.ts").write_text("another test")
    assert web.is_current()
    for name in ("app/src/main.tsx", "client/src/index.ts", "package-lock.json"):
        (web.source / name).write_text(f"another {name}")
        assert not web.is_current(), name
        web.build(node)
        assert web.is_current()
    assert (web.bundle / "index.html").read_text() == "another app/src/main.tsx"
    assert [path.name for path in web.bundle.parent.iterdir()] == ["app"]


def test_packages_are_installed_when_the_lock_changes(web: Web, node: Node) -> None:
    web.build(node)
    web.build(node)
    (web.source / "package-lock.json").write_text("another lock")
    web.build(node)
    install, build = "ci --ignore-scripts --loglevel error", "run build --workspace app"
    assert calls(web) == [install, build, build, install, build]


def test_a_build_that_fails_leaves_the_last_one(web: Web, node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    web.build(node)
    (web.source / "app" / "src" / "main.tsx").write_text("broken")
    monkeypatch.setenv("FAKE_NPM", "fail")
    with pytest.raises(WebError, match="`npm run build --workspace app` failed, exit code 3"):
        web.build(node)
    assert (web.bundle / "index.html").read_text() == "app/src/main.tsx"
    assert not web.is_current()


def test_a_build_that_is_killed_leaves_the_last_one_and_no_process(web: Web, node: Node) -> None:
    web.build(node)
    script = (
        "import sys; from pathlib import Path; from devkit.node import Node; from devkit.web import Web;"
        "Web(Path(sys.argv[1]), Path(sys.argv[2])).build(Node(tuple(sys.argv[3:]), Path(sys.argv[1])))"
    )
    command = [sys.executable, "-c", script, str(web.source), str(web.bundle), *node.npm]
    env = {**os.environ, "FAKE_NPM": "hang", "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=env) as process:
        assert wait_for((web.source / "hanging").exists, 10)
        process.send_signal(signal.SIGKILL)
    assert web.is_current()
    assert (web.bundle / "index.html").read_text() == "app/src/main.tsx"
    began = time.monotonic()
    web.build(node)  # it does not wait for a lock of the dead
    assert time.monotonic() - began < 10


def test_a_publication_that_was_killed_is_done_anew(web: Web, node: Node) -> None:
    """Between its two renames there is no bundle; what lies about then is in nobody's way."""
    web.build(node)
    web.bundle.rename(web.bundle.with_name("app.old"))
    (web.bundle.with_name("app.new") / "assets").mkdir(parents=True)
    assert not web.is_current()
    web.build(node)
    assert web.is_current()
    assert [path.name for path in web.bundle.parent.iterdir()] == ["app"]


@pytest.mark.parametrize(
    ("version", "will_do"),
    [
        *((version, True) for version in ("v20.19.0", "v20.20.2\n", "v22.12.0", "v24.0.0", "v26.1.0-nightly")),
        *((version, False) for version in ("v18.20.1", "v20.18.9", "v21.7.3", "v22.11.0", "", "node")),
    ],
)
def test_which_node_will_do(version: str, will_do: bool) -> None:
    assert is_new_enough(version) is will_do
