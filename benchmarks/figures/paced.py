"""Many streams at the pace of a language model: CPU for each token, and how much later it comes than it was sent.

Taken over a window in the middle, when all streams run and none begins or ends.
"""

from __future__ import annotations

import time

from benchmarks.checks import check
from benchmarks.generator import asked
from benchmarks.lineup import Effort, Lineup, lineup, sends
from benchmarks.ratios import Goal
from benchmarks.report import Report
from benchmarks.subjects import Subject

STREAMS, RATE = 200, 20
RAMP_S, CALM_S, WINDOW_S = 10.0, 2.0, 10.0
MEASURES = {
    "cpu_us": "CPU of the server, µs a token",
    "database_us": "CPU of PostgreSQL, µs a token",
    "p50_ms": "delay of a token, p50, ms",
    "p99_ms": "delay of a token, p99, ms",
    "max_ms": "delay of a token, greatest, ms",
}


def measure(effort: Effort) -> Report:
    """Each person sends one message."""
    streams = effort.of(STREAMS)
    report = Report("paced", f"{streams} streams x {RATE} tokens/s", MEASURES)
    with lineup(effort) as line:
        line.play(report, lambda subject: _one(line, subject, streams))
    what = "CPU a token, against "
    report.against(what + "FastAPI", "cpu_us", "FastAPI", Goal("at most", 0.8))
    report.against(what + "nginx", "cpu_us", "nginx", Goal("at most", 3.0))
    report.against("delay p50, against FastAPI", "p50_ms", "FastAPI", Goal("at most", 1.0))
    report.against("delay p99, against FastAPI", "p99_ms", "FastAPI", Goal("at most", 1.0))
    return report


def _one(line: Lineup, subject: Subject, streams: int) -> dict[str, float]:
    tokens = int(RATE * (RAMP_S + CALM_S + WINDOW_S + 2 * CALM_S))
    talks = subject.talks(streams, 1, asked(tokens=tokens, a_second=RATE))
    client = line.client(subject, sends(talks), ramp_s=RAMP_S)
    time.sleep(RAMP_S + CALM_S)
    cpu, database = subject.cpu_s(), line.stage.database_cpu_s()
    client.mark()
    time.sleep(WINDOW_S)
    client.mark()
    cpu, database = subject.cpu_s() - cpu, line.stage.database_cpu_s() - database
    check(subject, [talk for own in talks for talk in own], client.answers, tokens)
    window = client.told["window"]
    return {
        "cpu_us": cpu / window["tokens"] * 1e6,
        "database_us": database / window["tokens"] * 1e6,
        **{name: window[name] for name in ("p50_ms", "p99_ms", "max_ms")},
    }
