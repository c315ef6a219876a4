"""ssebench, the stand-in workflow and the load client: compiled, started, and what the client has to tell."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

from tests.support.server import ROOT, Process, free_port

SOURCES = ROOT / "benchmarks" / "ssebench"


def build(folder: Path) -> Path:
    """The program, compiled into ``folder``."""
    program = folder / "ssebench"
    if not program.exists():
        subprocess.run(["cc", "-O2", "-o", str(program), *map(str, sorted(SOURCES.glob("*.c")))], check=True)
    return program


class StandIn(Process):
    """The workflow. ``asked`` is its address with what it shall answer."""

    def __init__(self, program: Path, log: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/webhook/demo"
        super().__init__([str(program), "workflow", str(self.port)], {}, log)
        self.wait_for(f"http://127.0.0.1:{self.port}/healthz")


def asked(*, tokens: int, a_second: float = 0) -> str:
    """The query for an answer of so many tokens, at such a pace; as fast as it is taken where no pace is given."""
    return f"tokens={tokens}&interval_us={round(1_000_000 / a_second) if a_second else 0}"


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks. A client (numbers from 0, without a gap) makes its requests one after the other."""

    client: int
    path: str
    cookie: str = ""
    method: Literal["GET", "POST"] = "POST"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request: times in ms; ``crc32`` of the text of a stream, else of the body."""

    status: int
    is_good: bool
    tokens: int
    frames: int
    crc32: int
    size: int
    first_ms: float
    total_ms: float

    @classmethod
    def of(cls, line: str) -> tuple[int, Self]:
        """The number of the request, and its answer."""
        number, status, good, tokens, frames, crc32, size, first_us, total_us = map(int, line.split())
        return number, cls(status, bool(good), tokens, frames, crc32, size, first_us / 1000, total_us / 1000)


class Load:
    """The client at work. ``answers``, in the order of the requests, and ``told``, its summary, wait for its end."""

    def __init__(
        self,
        program: Path,
        folder: Path,
        port: int,
        requests: Sequence[Request],
        *,
        ramp_s: float = 0,
        pause_s: float = 0,
    ) -> None:
        self._answers = folder / "answers"
        self._count = len(requests)
        asked = folder / "requests"
        asked.write_text("".join(f"{r.client} {r.method} {r.path} {r.cookie}\n" for r in requests))
        command = [str(program), "load", str(port), str(asked), str(self._answers), str(ramp_s), str(pause_s)]
        self._child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def mark(self) -> None:
        """Begin the window of the summary; the second time, end it."""
        self._child.send_signal(signal.SIGUSR1)
        time.sleep(0.01)  # two signals at the same moment would be one

    @cached_property
    def told(self) -> dict[str, Any]:
        """What the client says of all answers."""
        said, _ = self._child.communicate()
        if self._child.returncode:
            raise SystemExit("the load client failed")
        summary: dict[str, Any] = json.loads(said)
        return summary

    @cached_property
    def answers(self) -> list[Answer]:
        """One for each request. Raises SystemExit unless all are good."""
        summary = self.told
        found = dict(Answer.of(line) for line in self._answers.read_text().splitlines())
        if summary["failed"] or len(found) != self._count:
            statuses = sorted({answer.status for answer in found.values() if not answer.is_good})
            raise SystemExit(f"{summary['failed']} of {self._count} requests failed, with {statuses}")
        return [found[number] for number in range(self._count)]
