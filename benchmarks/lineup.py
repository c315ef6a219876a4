"""ChatStream and its peers, up and by turns: a figure says what is done to each, in each round."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from benchmarks import processes
from benchmarks.chatstream_server import DEPLOYED, ChatStream
from benchmarks.checks import check
from benchmarks.generator import Answer, Load, Request, StandIn
from benchmarks.peers.fastapi_server import FastAPI
from benchmarks.peers.nginx_server import Nginx
from benchmarks.processes import WORKER_CORES, busy_s
from benchmarks.profiles import recording
from benchmarks.ratios import order
from benchmarks.report import Report
from benchmarks.stage import Stage
from benchmarks.subjects import Subject, Talk

PEERS: Mapping[str, type[FastAPI | Nginx]] = {"FastAPI": FastAPI, "nginx": Nginx}
SETTLE_S = 1.0
"""Before each measurement: what the last one left behind has been written."""

TRAIL_S = 0.3
"""After each load: what a server does when the answers have ended counts as well."""

OTHERS = "others"
"""Measured beside every figure: what anything but the subject had of its core. Where it is much, times say little."""

LOG_CHARS = 3000
"""Of each log, shown when something fails: the logs go with the stage."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is done: so many rounds, ``share`` of the load, and against whom."""

    rounds: int = 5
    share: float = 1.0
    peers: tuple[str, ...] = tuple(PEERS)
    profiles: Path | None = None
    """A folder for profiles of ChatStream."""

    def of(self, size: int) -> int:
        """That share of a load, and at least 1."""
        return max(1, round(size * self.share))


@dataclass(frozen=True, slots=True)
class Cost:
    """What a load cost: seconds of a core, of the server and of PostgreSQL, and by the clock."""

    answers: Sequence[Answer]
    seconds: float
    cpu_s: float
    database_cpu_s: float
    generator_cpu_s: float


class Lineup:
    """The stage with the workflow and all subjects on it."""

    def __init__(self, stage: Stage, workflow: StandIn, subjects: Mapping[str, Subject], effort: Effort) -> None:
        self.stage = stage
        self.workflow = workflow
        self.subjects = subjects
        self.effort = effort

    def play(self, report: Report, measure: Callable[[Subject], Mapping[str, float]]) -> None:
        """Measure each subject once to warm it up, then in each round, by turns."""
        report.measures[OTHERS] = "the worker's core, taken by others, %"
        for subject in self.subjects.values():
            self._turn(subject, measure, "warm-up")
        self.stage.analyze()
        for number, names in enumerate(order(list(self.subjects), self.effort.rounds), 1):
            for name in names:
                found = self._turn(self.subjects[name], measure, f"round {number}")
                report.rounds.add(name, found)

    def load(self, subject: Subject, requests: Sequence[Request], *, pause_s: float = 0, ramp_s: float = 0) -> Cost:
        """Put ``requests`` to a subject; returns when all are answered, well. Raises SystemExit otherwise."""
        before = self._cpu_s(subject)
        load = self.client(subject, requests, pause_s=pause_s, ramp_s=ramp_s)
        answers = load.answers
        time.sleep(TRAIL_S)
        server, database, workflow = (now - then for now, then in zip(self._cpu_s(subject), before, strict=True))
        return Cost(answers, load.told["seconds"], server, database, workflow + load.told["cpu_s"])

    def _cpu_s(self, subject: Subject) -> tuple[float, float, float]:
        """Of the subject, of PostgreSQL and of the workflow."""
        return subject.cpu_s(), self.stage.database_cpu_s(), processes.cpu_s(self.workflow.child.pid)

    def client(self, subject: Subject, requests: Sequence[Request], *, pause_s: float = 0, ramp_s: float = 0) -> Load:
        """The clients of a subject, on their way."""
        return Load(self.stage.program, self.stage.folder, subject.port, requests, pause_s=pause_s, ramp_s=ramp_s)

    def exchange(self, subject: Subject, talks: Sequence[Sequence[Talk]], tokens: int, *, pause_s: float = 0) -> Cost:
        """A client for each person sends a message to each of its talks; what came is compared with what is stored."""
        cost = self.load(subject, sends(talks), pause_s=pause_s)
        check(subject, [talk for own in talks for talk in own], cost.answers, tokens)
        return cost

    def _turn(
        self, subject: Subject, measure: Callable[[Subject], Mapping[str, float]], when: str
    ) -> Mapping[str, float]:
        self.stage.ask("CHECKPOINT")
        time.sleep(SETTLE_S)
        begun, busy, cpu = time.monotonic(), busy_s(WORKER_CORES), subject.cpu_s()
        with self._profile(subject, when):
            found = dict(measure(subject))
        others = busy_s(WORKER_CORES) - busy - (subject.cpu_s() - cpu)
        found[OTHERS] = max(0, others) / (time.monotonic() - begun) * 100
        told = ", ".join(f"{name} {value:.4g}" for name, value in found.items())
        print(f"  {when:<8} {subject.name:<10} {told}", file=sys.stderr, flush=True)
        return found

    def _profile(self, subject: Subject, when: str) -> AbstractContextManager[None]:
        folder = self.effort.profiles
        if folder is None or subject.name != "ChatStream" or when == "warm-up":
            return nullcontext()
        return recording(subject.pid, folder / f"{when.replace(' ', '-')}.txt")


def sends(talks: Sequence[Sequence[Talk]]) -> list[Request]:
    """The requests of one client for each person."""
    return [Request(client, talk.path, talk.cookie) for client, own in enumerate(talks) for talk in own]


@contextmanager
def lineup(effort: Effort, *, peers: Sequence[str] = tuple(PEERS)) -> Iterator[Lineup]:
    """ChatStream, and those of ``peers`` that the effort allows, until the end of the block."""
    with ExitStack() as stack:
        stage = stack.enter_context(Stage(DEPLOYED))
        stage.check_durability()
        workflow = stage.stand_in()
        subjects: dict[str, Subject] = {"ChatStream": stack.enter_context(ChatStream(stage, workflow))}
        for name in peers:
            if name in effort.peers:
                subjects[name] = stack.enter_context(PEERS[name](stage, workflow))
        try:
            yield Lineup(stage, workflow, subjects, effort)
        except BaseException:
            for log in stage.folder.glob("*.log"):
                print(f"{log.name}:\n{log.read_text(errors='replace')[-LOG_CHARS:]}", file=sys.stderr)
            raise
