"""What traces cost: CPU of the worker an exchange and a token, against the same without them.

    python -m benchmarks.traces [rounds]

An exchange is a message and its short answer as one JSON document. The loads that tell of a token are those of
benchmarks/shared_log.py. Every trace is kept; a collector takes them, on the core that is not the worker's.
"""

from __future__ import annotations

import statistics
import sys
import uuid

import requests

from benchmarks.shared_log import ROUNDS, WITH, compare
from benchmarks.stage import Stage
from tests.support.collector import Collector

EXCHANGES = 300
TRACED = "benchmarks.with_traces:app"


def exchange_ms(stage: Stage, team_id: uuid.UUID, agent_id: str, application: str) -> float:
    """CPU of a fresh worker for one of many exchanges, in chats of some messages."""
    account = stage.world.account(team_id)
    chats = stage.chats(account, agent_id, EXCHANGES // 10)
    with stage.worker(application) as worker, requests.Session() as http:
        http.headers.update({"Cookie": worker.cookie(account), "Accept": "application/json"})
        before = worker.cpu_s()
        for number in range(EXCHANGES):
            url = f"{worker.url}/api/chats/{chats[number % len(chats)]}/messages"
            http.post(url, json={"content": "Hello"}, timeout=30).raise_for_status()
        return (worker.cpu_s() - before) / EXCHANGES * 1000


def main() -> None:
    """With them and without."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with Stage() as stage, Collector() as collector:
        stage.variables |= {name: value for name, value in collector.variables.items() if name != "TRACES"}
        stage.variables["OTEL_BSP_SCHEDULE_DELAY"] = "5000"
        team_id = stage.world.team()
        agent_id = stage.world.agent(team_id, f"{stage.stand_in().url}?tokens=5&interval_us=0")
        found: dict[str, list[float]] = {TRACED: [], WITH: []}
        for number in range(rounds):
            for application in (TRACED, WITH) if number % 2 else (WITH, TRACED):
                found[application].append(exchange_ms(stage, team_id, agent_id, application))
        on, off = (statistics.median(found[application]) for application in (TRACED, WITH))
        print(f"an exchange with traces {on:.2f} ms, without {off:.2f} ms of CPU; {len(collector.spans)} spans came")
        collector.spans.clear()
        compare(stage, rounds, whole=TRACED, less=WITH)


if __name__ == "__main__":
    main()
