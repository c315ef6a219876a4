"""What traces cost: CPU of the worker for an exchange and for a token, against the same without them.

    python -m benchmarks.traces [rounds]

Rounds with and without alternate. Every trace is kept, and a collector takes them on the core that is not the worker's.
"""

from __future__ import annotations

import statistics
import sys
import uuid

import requests

from benchmarks.stage import Stage
from tests.support.collector import Collector

ROUNDS = 3
SHORT, SHORT_TOKENS = 300, 5
"""Exchanges, and the tokens of each answer: the cost of an exchange."""
LONG, LONG_TOKENS = 10, 20_000
"""The cost of a token."""
ON, OFF = "benchmarks.with_traces:app", "wsgi:app"


class Bench:
    """A team, and an agent for each kind of answer."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._team_id: uuid.UUID = stage.world.team()
        url = stage.stand_in().url
        self._agents = {
            tokens: stage.world.agent(self._team_id, f"{url}?tokens={tokens}&interval_us=0")
            for tokens in (SHORT_TOKENS, LONG_TOKENS)
        }

    def cpu_us(self, application: str, count: int, tokens: int) -> float:
        """CPU of a fresh worker for one of ``count`` exchanges, one after the other, in chats of their own."""
        account = self._stage.world.account(self._team_id)
        chats = self._stage.chats(account, self._agents[tokens], count)
        with self._stage.worker(application) as worker, requests.Session() as http:
            http.headers.update({"Cookie": worker.cookie(account)})
            before = worker.cpu_s()
            for chat in chats:
                answer = http.post(f"{worker.url}/api/chats/{chat}/messages", json={"content": "Hello"}, timeout=60)
                assert b'"Stream completed"' in answer.content
            return (worker.cpu_s() - before) / count * 1e6


def show(name: str, pairs: list[tuple[float, float]]) -> None:
    """Medians with and without, and the ratio of each pair of rounds."""
    on, off = (statistics.median(values) for values in zip(*pairs, strict=True))
    ratios = [one / other for one, other in pairs]
    print(f"{name:<12} {on:9.1f} {off:9.1f}   {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


def main() -> None:
    """With them and without."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with Stage() as stage, Collector() as collector:
        stage.variables |= {name: value for name, value in collector.variables.items() if name != "TRACES"}
        stage.variables["OTEL_BSP_SCHEDULE_DELAY"] = "5000"
        bench = Bench(stage)
        print("CPU us            with   without   ratio")
        for name, count, tokens, parts in (
            ("an exchange", SHORT, SHORT_TOKENS, 1),
            ("a token", LONG, LONG_TOKENS, LONG_TOKENS),
        ):
            pairs = []
            for number in range(rounds):
                order = (ON, OFF) if number % 2 == 0 else (OFF, ON)
                found = {application: bench.cpu_us(application, count, tokens) / parts for application in order}
                pairs.append((found[ON], found[OFF]))
            show(name, pairs)
        print(f"{len(collector.spans)} spans came")


if __name__ == "__main__":
    main()
