"""What a well-behaved client notices of hostile ones: GET /api/auth/me beside each of them, on loopback.

    python -m benchmarks.hostile_load [seconds]

Baseline: nobody else. Workflows: one that sends a line over 1 MiB, one an answer of 10 MiB, one a gzip bomb of
100 MiB, each again and again. Slow clients: 250 that send a header's bytes one by one, 250 a body's.
"""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import requests

from benchmarks.pinger import Pinger
from benchmarks.processes import OTHER_CORES, WORKER_CORES
from benchmarks.stage import Stage, Worker, quantiles
from tests.support.world import Account

SECONDS = 20.0
SETTLE_S = 2.0
SCENARIOS = ("long_line", "huge", "gzip_bomb")
CHATS = 600
"""For each scenario: a fresh one for each answer."""
SLOW = 250
BYTE_S = 0.2


class Workflows:
    """Asks the hostile workflows, one answer of each at a time; counts how their streams ended."""

    def __init__(self, stage: Stage, account: Account) -> None:
        base = stage.simulator().url
        self.chats = {}
        for name in SCENARIOS:
            agent = stage.world.agent(account.team_id, f"{base}/webhook/scenario/{name}")
            self.chats[name] = stage.chats(account, agent, CHATS)
        self.ends: Counter[str] = Counter()

    @contextmanager
    def at_work(self, worker: Worker, cookie: str) -> Iterator[None]:
        """Ask until the end of the block."""
        over = threading.Event()
        asking = [threading.Thread(target=self._ask, args=(worker, cookie, name, over)) for name in SCENARIOS]
        for thread in asking:
            thread.start()
        try:
            yield
        finally:
            over.set()
            for thread in asking:
                thread.join(60)

    def _ask(self, worker: Worker, cookie: str, name: str, over: threading.Event) -> None:
        while not over.is_set() and self.chats[name]:
            url = f"{worker.url}/api/chats/{self.chats[name].pop()}/messages"
            headers = {"Cookie": cookie}
            with requests.post(url, json={"content": "Go"}, headers=headers, stream=True, timeout=60) as answer:
                tail = b""
                for piece in answer.iter_content(65536):
                    tail = (tail + piece)[-400:]
            self.ends[f"{name}: {'refused' if b'upstream_too_large' in tail else 'other'}"] += 1


@contextmanager
def slow_clients(worker: Worker, cookie: str) -> Iterator[Counter[str]]:
    """Keep SLOW connections of each kind alive, a byte at a time, until the end of the block."""
    over, counts = threading.Event(), Counter[str]()
    body = f"POST /api/chats/ HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\nContent-Type: application/json\r\n"
    heads = [b"GET /healthz HTTP/1.1\r\nX-Slow: "] * SLOW + [f"{body}Content-Length: 9999\r\n\r\n".encode()] * SLOW

    def drip() -> None:
        connections: list[socket.socket | None] = [None] * len(heads)
        while not over.wait(BYTE_S):
            for number, head in enumerate(heads):
                try:
                    connection = connections[number]
                    if connection is None:
                        connection = connections[number] = socket.create_connection(("127.0.0.1", worker.port), 5)
                        connection.sendall(head)
                        counts["opened"] += 1
                    connection.send(b"x")
                except OSError:
                    connections[number] = None
        for connection in filter(None, connections):
            with suppress(OSError):
                connection.close()

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield counts
    finally:
        over.set()
        thread.join(60)


def measure(name: str, worker: Worker, cookie: str, seconds: float) -> None:
    """Ping for a while, and print a line."""
    time.sleep(SETTLE_S)
    cpu, begun = worker.cpu_s(), time.monotonic()
    pinger = Pinger(worker.port, "/api/auth/me", seconds, cookie)
    delays = pinger.delays()
    busy = (worker.cpu_s() - cpu) / (time.monotonic() - begun)
    p50, p99, most = quantiles(delays)
    rss_mb = worker.rss_kb() / 1024
    row = f"{len(delays):8} {pinger.refused:8} {p50:8.1f} {p99:8.1f} {most:8.1f} {busy:8.0%} {rss_mb:8.0f}"
    print(f"{name:<14} {row}")


def main() -> None:
    """Measure beside nobody, beside hostile workflows, beside slow clients, and beside nobody again."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    with Stage() as stage, stage.worker(GRACEFUL_TIMEOUT="5") as worker:
        account = stage.world.account()
        cookie = worker.cookie(account)
        workflows = Workflows(stage, account)
        print(f"worker on core {WORKER_CORES}, all else on {OTHER_CORES}")
        print("beside         requests  refused   p50 ms   p99 ms   max ms      CPU   RSS MB")
        measure("nobody", worker, cookie, seconds)
        with workflows.at_work(worker, cookie):
            measure("workflows", worker, cookie, seconds)
        with slow_clients(worker, cookie) as counts:
            measure("slow clients", worker, cookie, seconds)
        measure("nobody again", worker, cookie, seconds)
    print("answers:", ", ".join(f"{end} {count}" for end, count in sorted(workflows.ends.items())))
    print(f"slow clients: {2 * SLOW} at a time, {counts['opened']} connections opened")


if __name__ == "__main__":
    main()
