"""``make web``: the web client, built from web/ into the folder that the application serves.

A build that is killed leaves the last whole one in its place; two at once wait for each other.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from devkit.node import WANTED, Node, find_node, install_node
from devkit.processes import spawn, stop_group

ROOT: Final = Path(__file__).resolve().parent.parent
TYPES: Final = Path("client/src/schema.d.ts")
_SOURCES: Final = ("app", "client/src", "client/package.json", "package.json", "package-lock.json", "*.json")
_LEFT_OUT: Final = frozenset({"node_modules", "dist", "tests"})
_MARK: Final = "source.sha256"


class WebError(Exception):
    """The web client can not be built. Its text is for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Web:
    """The workspace ``source`` and the folder ``bundle`` that its build is put into."""

    source: Path = ROOT / "web"
    bundle: Path = ROOT / "chatstream" / "static" / "app"

    def is_current(self) -> bool:
        """Whether the bundle was built from the source as it is."""
        mark = self.bundle / _MARK
        return mark.is_file() and mark.read_text().strip() == self._digest()

    def build(self, node: Node) -> None:
        """Build and put the result in the bundle's place. Raises WebError."""
        with self._alone():
            self._install(node)
            digest = self._digest()
            self.run(node, "run", "build", "--workspace", "app")
            self._publish(digest)

    def test(self, node: Node) -> None:
        """Style, types and tests of the workspace. Raises WebError at the first that fails."""
        with self._alone():
            self._install(node)
        self.run(node, "run", "lint")
        self.run(node, "run", "types", "--workspaces", "--if-present")
        self.run(node, "run", "test", "--workspaces", "--if-present")

    def types(self, node: Node, document: str) -> str:
        """The client's types, made from an OpenAPI ``document``. Raises WebError."""
        with self._alone():
            self._install(node)
        with tempfile.TemporaryDirectory() as folder:
            given, made = Path(folder) / "openapi.json", Path(folder) / "schema.d.ts"
            given.write_text(json.dumps(json.loads(document), sort_keys=True))  # whoever wrote it
            self.run(node, "run", "write", "--workspace", "schema", "--", str(given), str(made))
            return made.read_text()

    def run(self, node: Node, *words: str, **environ: str) -> None:
        """Run npm in the workspace, to its end or ours. Raises WebError."""
        process = spawn([*node.npm, *words], env=node.environment({**os.environ, **environ}), cwd=self.source)
        try:
            process.wait()
        finally:
            stop_group(process, signal.SIGTERM, 5)
        if process.returncode:
            raise WebError(f"`npm {' '.join(words)}` failed, exit code {process.returncode}; why is above.")

    def _install(self, node: Node) -> None:
        """The packages that the lock names, once; no script of theirs is run."""
        stamp = self.source / "node_modules" / ".stamp"
        wanted = hashlib.sha256((self.source / "package-lock.json").read_bytes()).hexdigest()
        if not stamp.is_file() or stamp.read_text() != wanted:
            self.run(node, "ci", "--ignore-scripts", "--loglevel", "error")
            stamp.write_text(wanted)

    def _publish(self, digest: str) -> None:
        """Put what was built in the place of the bundle, whole."""
        built = self.source / "app" / "dist"
        (built / _MARK).write_text(digest + "\n")
        fresh, old = self.bundle.with_name("app.new"), self.bundle.with_name("app.old")
        for folder in (fresh, old):
            shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(built, fresh)
        with contextlib.suppress(FileNotFoundError):
            self.bundle.rename(old)
        fresh.rename(self.bundle)
        shutil.rmtree(old, ignore_errors=True)

    def _digest(self) -> str:
        """Of everything that a build reads."""
        files = {path for name in _SOURCES for path in self._files(name)}
        digest = hashlib.sha256()
        for path in sorted(files):
            digest.update(f"{path.relative_to(self.source)}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()

    def _files(self, pattern: str) -> Iterator[Path]:
        for found in self.source.glob(pattern):
            if found.is_file():
                yield found
            else:
                inside = (path for path in found.rglob("*") if path.is_file())
                yield from (path for path in inside if not _LEFT_OUT & set(path.relative_to(found).parts))

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        with (self.source / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def openapi_document() -> str:
    """The application's OpenAPI document, from a process of its own; it needs no database. Raises WebError."""
    made_up = {
        "CHATSTREAM_ENV": "development",
        "DATABASE_URL": "postgresql://localhost/none",
        "JWT_SECRET_KEY": secrets.token_urlsafe(48),
        "PASSWORD_PEPPER": secrets.token_urlsafe(48),
        "TOKEN_ENCRYPTION_KEYS": secrets.token_urlsafe(32),
    }
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "openapi", "print"]
    result = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **made_up}, stdout=subprocess.PIPE, text=True, check=False
    )
    if result.returncode:
        raise WebError("The application does not say its OpenAPI document; why is above.")
    return result.stdout


def main(arguments: Sequence[str] | None = None) -> int:
    """``build`` (``--if-needed``), ``test`` or ``types``. The last line that it prints says what came of it."""
    parser = argparse.ArgumentParser(prog="python -m devkit.web", description=__doc__)
    parser.add_argument("what", choices=("build", "test", "types"))
    parser.add_argument("--if-needed", action="store_true", help="do nothing where the bundle is current")
    given = parser.parse_args(arguments)
    web = Web()
    if given.if_needed:
        if web.is_current():
            return 0
        os.nice(10)  # make run waits for other things
    try:
        node = find_node() or install_node(ROOT / "requirements-web.txt")
        if node is None:
            raise WebError(f"There is no {WANTED} with npm here, and pip could not bring one.")
        if given.what == "build":
            web.build(node)
            print(f"The web client is built, in {web.bundle.relative_to(ROOT)}.")
        elif given.what == "test":
            web.test(node)
            web.build(node)
        else:
            (web.source / TYPES).write_text(web.types(node, openapi_document()))
    except (WebError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
