"""Open streams on which nothing comes: memory, and GET /healthz beside them. Each round has a worker of its own."""

from __future__ import annotations

import sys

from benchmarks import idle_streams
from benchmarks.lineup import Effort
from benchmarks.ratios import Goal, quantile
from benchmarks.report import Report, Verdict
from benchmarks.stage import Stage

STREAMS = 2_000
MOST_ROUNDS = 3
"""Memory does not vary as time does, and a round takes a minute."""

MEASURES = {
    "a_stream_kb": "memory a stream, KB",
    "p50_ms": "GET /healthz, p50, ms",
    "p99_ms": "GET /healthz, p99, ms",
    "busy": "core in use, %",
}


def measure(effort: Effort) -> Report:
    """ChatStream alone; its limits of streams are raised (benchmarks/stage.py)."""
    count = effort.of(STREAMS)
    report = Report("idle_streams", f"{count:,} silent streams in one worker", MEASURES)
    for number in range(1, min(effort.rounds, MOST_ROUNDS) + 1):
        with Stage() as stage, stage.worker(GRACEFUL_TIMEOUT="5") as worker:
            found = idle_streams.measure(stage, worker, count)
        if found.lost:
            raise SystemExit(f"{found.lost} streams ended early")
        values = {
            "a_stream_kb": found.a_stream_kb,
            "p50_ms": quantile(found.delays_ms, 0.5),
            "p99_ms": quantile(found.delays_ms, 0.99),
            "busy": found.busy * 100,
        }
        print(f"  round {number}  {values}", file=sys.stderr, flush=True)
        report.rounds.add("ChatStream", values)
    for what, key, goal in (
        ("memory a stream", "a_stream_kb", Goal("at most", 40)),
        ("GET /healthz, p99", "p99_ms", Goal("at most", 50)),
    ):
        unit = key.rpartition("_")[2].replace("kb", "KB")
        report.verdicts.append(Verdict(what, report.rounds.of("ChatStream", key), goal, unit))
    return report
