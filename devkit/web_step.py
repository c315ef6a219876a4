"""The part of ``make run`` that may be late and may fail: the web client, built while the server starts."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from devkit.processes import spawn, stop_group


@dataclass(slots=True)
class WebStep:
    """Runs ``command`` beside everything else; whatever becomes of it, the server runs.

    ``word`` tells once what a person at the terminal should know.
    """

    command: Sequence[str]
    root: Path
    log: Path
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _said_that_it_runs: bool = field(default=False, init=False)

    def start(self, environ: Mapping[str, str]) -> None:
        """Begin, unless WEB_APP says that another app or none is served."""
        if environ.get("WEB_APP", "").strip().lower() in ("", "on"):
            with self.log.open("wb") as output:
                self._process = spawn(self.command, env=environ, cwd=self.root, output=output)

    def word(self) -> str | None:
        """What has happened since the last time, None where that is nothing."""
        if self._process is None:
            return None
        code = self._process.poll()
        if code is None:
            first, self._said_that_it_runs = not self._said_that_it_runs, True
            return "The web client is being built; the page shows it when that is done." if first else None
        self._process = None
        last = self._last_line()
        if code == 0:
            return f"{last} Reload the page." if last else None
        return f"There is no new web client: {last}\nEverything else runs. {self.log} has more; `make web` tries again."

    def stop(self) -> None:
        """End it where it still runs; what it had built so far counts for nothing."""
        if self._process is not None:
            stop_group(self._process, signal.SIGTERM, 2)

    def _last_line(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""
