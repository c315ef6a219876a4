"""From the command to the first answer, and what an idle server holds in memory."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Mapping

from benchmarks import processes
from benchmarks.chatstream_server import DEPLOYED
from benchmarks.lineup import SETTLE_S, Effort
from benchmarks.peers.fastapi_server import FastAPI
from benchmarks.processes import WORKER_CORES, on
from benchmarks.ratios import Goal, order
from benchmarks.report import Report, Verdict
from benchmarks.stage import GUNICORN, Stage
from tests.support.server import Process, free_port

IDLE_S = 5.0
LIMIT_S = 30.0
LOOK_S = 0.005
MEASURES = {
    "serves_s": "first answer after, s",
    "cpu_s": "CPU until then, s",
    "worker_mb": "resident memory of the worker, MB",
    "all_mb": "memory of all its processes (shared pages divided), MB",
    "idle_cpu": "core in use while nobody asks, %",
}
Start = Callable[[int], Process]
"""Starts a server on a port."""


def measure(effort: Effort) -> Report:
    """Each start is a new process, beside a database that is up."""
    report = Report("start", "start, and idle", MEASURES)
    with Stage(DEPLOYED) as stage:
        starts: dict[str, Start] = {
            "ChatStream": lambda port: Process(
                [*GUNICORN, "wsgi:app"], {**stage.variables, "PORT": str(port)}, stage.folder / "worker.log"
            )
        }
        if "FastAPI" in effort.peers:
            with FastAPI(stage, stage.stand_in()) as peer:
                variables = peer.variables
            starts["FastAPI"] = lambda port: Process(peer.command(port), variables, stage.folder / "fastapi.log")
        for names in order(list(starts), effort.rounds):
            for name in names:
                time.sleep(SETTLE_S)
                report.rounds.add(name, _one(starts[name]))
    serves = report.rounds.of("ChatStream", "serves_s")
    report.verdicts.append(Verdict("first answer after the start", serves, Goal("at most", 1.5), "s"))
    return report


def _one(start: Start) -> Mapping[str, float]:
    port, begun = free_port(), time.monotonic()
    with on(WORKER_CORES):
        process = start(port)
    with process:
        while not _answers(port):
            if process.child.poll() is not None or time.monotonic() - begun > LIMIT_S:
                raise SystemExit(f"it does not start:\n{process.log.read_text()[-2000:]}")
            time.sleep(LOOK_S)
        serves = time.monotonic() - begun
        family = [process.child.pid, *processes.children(process.child.pid)]
        to_serve = sum(map(processes.cpu_s, family))
        time.sleep(IDLE_S / 2)
        cpu = sum(map(processes.cpu_s, family))
        time.sleep(IDLE_S)
        return {
            "serves_s": serves,
            "cpu_s": to_serve,
            "worker_mb": processes.memory_kb(family[-1]) / 1000,
            "all_mb": sum(processes.memory_kb(pid, "Pss") for pid in family) / 1000,
            "idle_cpu": (sum(map(processes.cpu_s, family)) - cpu) / IDLE_S * 100,
        }


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
