"""What open streams cost while nothing comes on them: memory of the worker, and GET /healthz beside them.

    python -m benchmarks.idle_streams [streams]

The workflow begins its answers and then says nothing. Memory is taken after some streams have warmed the worker up,
and again when all are open.
"""

from __future__ import annotations

import select
import socket
import sys
import time
from dataclasses import dataclass

from benchmarks.follower_lag import ask
from benchmarks.pinger import Pinger
from benchmarks.stage import Stage, Worker, quantiles

STREAMS = 2_000
WARM = 20
AT_ONCE = 10
A_USER = 500
QUIET_S = 20.0
NEVER_US = 10**14  # the first token comes at a random moment of the first interval


def open_streams(worker: Worker, asked: list[tuple[str, str]]) -> list[socket.socket]:
    """A stream for each cookie and chat, opened a few at a time; each has had its first event."""
    streams: list[socket.socket] = []
    for start in range(0, len(asked), AT_ONCE):
        batch = [ask(worker, cookie, "POST", f"/api/chats/{chat}/messages") for cookie, chat in asked[start:][:AT_ONCE]]
        for stream in batch:
            seen = b""
            while b"Sending request" not in seen:
                data = stream.recv(65536)
                if not data:
                    raise SystemExit(f"a stream was refused: {seen.decode(errors='replace')}")
                seen += data
        streams += batch
    return streams


def ended(streams: list[socket.socket]) -> int:
    """How many streams have been closed by the worker."""
    poll = select.poll()
    for stream in streams:
        poll.register(stream, select.POLLRDHUP)
    return len(poll.poll(0))


@dataclass(frozen=True, slots=True)
class Idle:
    """What a number of streams cost."""

    opening_s: float
    before_kb: int
    a_stream_kb: float
    delays_ms: list[float]
    busy: float
    lost: int


def measure(stage: Stage, worker: Worker, count: int) -> Idle:
    """Open ``count`` streams, ask GET /healthz beside them for a while, and close them."""
    account = stage.world.account()
    agent = stage.world.agent(account.team_id, f"{stage.stand_in().url}?tokens=1&interval_us={NEVER_US}")
    people = [account] + [stage.world.account(account.team_id) for _ in range((count + WARM) // A_USER)]
    asked = []
    for person in people:
        cookie = worker.cookie(person)
        asked += [(cookie, chat) for chat in stage.chats(person, agent, A_USER)]
    warm = open_streams(worker, asked[:WARM])
    time.sleep(2)
    before, begun = worker.rss_kb(), time.monotonic()
    streams = open_streams(worker, asked[WARM : WARM + count])
    opening = time.monotonic() - begun
    time.sleep(2)
    pinger, cpu = Pinger(worker.port, "/healthz", QUIET_S), worker.cpu_s()
    delays = pinger.delays()
    busy = (worker.cpu_s() - cpu) / QUIET_S
    grown = worker.rss_kb() - before
    lost = ended(warm + streams)
    for stream in warm + streams:
        stream.close()
    return Idle(opening, before, grown / count, delays, busy, lost)


def main() -> None:
    """Measure, and print a table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else STREAMS
    with Stage() as stage, stage.worker(GRACEFUL_TIMEOUT="5") as worker:
        found = measure(stage, worker, count)
    p50, p99, most = quantiles(found.delays_ms)
    print(f"streams open            {count:8}   ({found.lost} ended early, opened in {found.opening_s:.0f} s)")
    print(f"memory before           {found.before_kb:8} KB")
    print(f"growth a stream         {found.a_stream_kb:8.1f} KB")
    print(f"healthz p50             {p50:8.1f} ms")
    print(
        f"healthz p99             {p99:8.1f} ms   (max {most:.1f}, {len(found.delays_ms)} requests in {QUIET_S:.0f} s)"
    )
    print(f"worker's core in use    {found.busy:8.1%}")


if __name__ == "__main__":
    main()
