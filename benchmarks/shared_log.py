"""What the shared log costs: CPU of the worker, rows, bytes and WAL a token, against the same without it.

    python -m benchmarks.shared_log [rounds]

The worker has a core to itself; PostgreSQL, the stand-in workflow and the client share the other. Rounds with and
without the log alternate. CPU is taken over a span in the middle of the paced load, when all streams run and none
begins or ends, and over the whole of the flat-out load.
"""

from __future__ import annotations

import statistics
import sys
import time
from dataclasses import dataclass

from benchmarks.generator import StandIn
from benchmarks.stage import Stage, Worker

ROUNDS = 3
PACED_STREAMS, PACED_RATE, PACED_S = 200, 20, 14
RAMP_S = 3.0
SPAN = (5.0, 12.0)
"""Of the paced load: from when to when CPU is taken."""
FLAT_STREAMS, FLAT_TOKENS = 20, 15_000
WITH, WITHOUT = "wsgi:app", "benchmarks.without_log:app"


@dataclass(frozen=True, slots=True)
class Result:
    """Of one round, by token."""

    cpu_us: float
    rows: float
    kept_bytes: float
    wal_bytes: float
    rate: float
    p50_ms: float
    p99_ms: float


class Bench:
    """One account, and a workflow for each load."""

    def __init__(self, stage: Stage, workflow: StandIn) -> None:
        self.stage = stage
        self.account = stage.world.account()
        paced = f"?tokens={PACED_RATE * PACED_S}&interval_us={1_000_000 // PACED_RATE}"
        flat = f"?tokens={FLAT_TOKENS}&interval_us=0"
        self.agents = {
            "paced": stage.world.agent(self.account.team_id, workflow.url + paced),
            "flat": stage.world.agent(self.account.team_id, workflow.url + flat),
        }

    def round(self, load: str, application: str) -> Result:
        """A fresh worker, and a load on it."""
        stage = self.stage
        stage.ask("TRUNCATE generation_events")
        stage.ask("CHECKPOINT")
        chats = stage.chats(self.account, self.agents[load], PACED_STREAMS if load == "paced" else FLAT_STREAMS)
        with stage.worker(application) as worker:
            cookie = worker.cookie(self.account)
            time.sleep(1)
            (log_at,) = stage.ask("SELECT pg_current_wal_lsn()")
            measure = self._paced if load == "paced" else self._flat
            cpu_us, told = measure(worker, cookie, chats)
            time.sleep(1)
            (wal,) = stage.ask(f"SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '{log_at}')")
        if told["failed"]:
            raise SystemExit(f"{told['failed']} streams failed:\n{worker.log.read_text()[-2000:]}")
        rows, kept = stage.ask("SELECT count(*), coalesce(sum(pg_column_size(e.*)), 0) FROM generation_events e")
        tokens = told["tokens"]
        return Result(
            cpu_us,
            rows / tokens,
            int(kept) / tokens,
            int(wal) / tokens,
            tokens / told["seconds"],
            told["p50_ms"],
            told["p99_ms"],
        )

    def _paced(self, worker: Worker, cookie: str, chats: list[str]) -> tuple[float, dict[str, float]]:
        client = self.stage.load(worker, cookie, chats, RAMP_S)
        time.sleep(SPAN[0])
        begun, cpu = time.monotonic(), worker.cpu_s()
        time.sleep(SPAN[1] - SPAN[0])
        cpu = worker.cpu_s() - cpu
        tokens = (time.monotonic() - begun) * PACED_STREAMS * PACED_RATE
        return cpu / tokens * 1e6, client.told

    def _flat(self, worker: Worker, cookie: str, chats: list[str]) -> tuple[float, dict[str, float]]:
        cpu = worker.cpu_s()
        result = self.stage.load(worker, cookie, chats, 0).told
        return (worker.cpu_s() - cpu) / result["tokens"] * 1e6, result


def show(load: str, rounds: list[tuple[Result, Result]]) -> None:
    """Medians of both, and the ratio of each pair of rounds."""
    for name, results in (("with", [a for a, _ in rounds]), ("without", [b for _, b in rounds])):
        middle = {field: statistics.median(getattr(r, field) for r in results) for field in Result.__slots__}
        print(
            f"{load:<6} {name:<8} {middle['cpu_us']:7.1f} {middle['rate']:9.0f} {middle['rows']:8.4f}"
            f" {middle['kept_bytes']:8.1f} {middle['wal_bytes']:7.1f} {middle['p50_ms']:8.2f} {middle['p99_ms']:8.2f}"
        )
    ratios = [a.cpu_us / b.cpu_us for a, b in rounds]
    print(f"{load:<6} CPU with : without {statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})")


def compare(stage: Stage, count: int, whole: str = WITH, less: str = WITHOUT) -> None:
    """Measure both loads on two applications, ``count`` rounds each, and print a table."""
    bench = Bench(stage, stage.stand_in())
    print("load   what       CPU us  tokens/s   rows/t  bytes/t   WAL/t   p50 ms   p99 ms")
    for load in ("paced", "flat"):
        rounds = []
        for number in range(count):
            order = (whole, less) if number % 2 == 0 else (less, whole)
            results = {application: bench.round(load, application) for application in order}
            rounds.append((results[whole], results[less]))
        show(load, rounds)


def main() -> None:
    """With the log and without."""
    with Stage() as stage:
        compare(stage, int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)


if __name__ == "__main__":
    main()
