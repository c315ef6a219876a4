"""How far a follower on another node is behind the workflow, beside the clients of the node that fetches the answers.

    python -m benchmarks.follower_lag [streams] [seconds]

Two nodes on one database. The stand-in workflow writes into each token when it was sent; all programs share the
machine's monotonic clock.
"""

from __future__ import annotations

import re
import selectors
import socket
import sys
import time

from benchmarks.stage import Stage, Worker, quantiles

STREAMS, RATE, SECONDS = 20, 20, 15
TOKEN = re.compile(rb'"content": "t(\d+) "')


def ask(worker: Worker, cookie: str, method: str, path: str) -> socket.socket:
    """A connection with a request on it."""
    body = b'{"content": "Go"}' if method == "POST" else b""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Cookie: {cookie}", "Connection: close"]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    connection = socket.create_connection(("127.0.0.1", worker.port))
    connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
    return connection


def read_all(connections: dict[socket.socket, str], since_ns: int, limit_s: float) -> dict[str, list[float]]:
    """Until all have ended: the delays in ms of tokens sent after ``since_ns``, by the kind of their connection."""
    delays: dict[str, list[float]] = {kind: [] for kind in connections.values()}
    rest = dict.fromkeys(connections, b"")
    deadline = time.monotonic() + limit_s
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            selector.register(connection, selectors.EVENT_READ)
        while selector.get_map() and time.monotonic() < deadline:
            for key, _ in selector.select(1):
                connection: socket.socket = key.fileobj  # type: ignore[assignment]
                data = connection.recv(65536)
                now = time.monotonic_ns()
                whole, _, rest[connection] = (rest[connection] + data).rpartition(b"\n")
                sent = [moment for moment in map(int, TOKEN.findall(whole)) if moment > since_ns]
                delays[connections[connection]] += [(now - moment) / 1e6 for moment in sent]
                if not data:
                    selector.unregister(connection)
                    connection.close()
    return delays


def main() -> None:
    """Measure, and print a line for each kind of follower."""
    streams = int(sys.argv[1]) if len(sys.argv) > 1 else STREAMS
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else SECONDS
    with Stage() as stage, stage.worker() as owner, stage.worker() as other:
        account = stage.world.account()
        url = f"{stage.stand_in().url}?tokens={seconds * RATE}&interval_us={1_000_000 // RATE}"
        chats = stage.chats(account, stage.world.agent(account.team_id, url), streams)
        cookie = owner.cookie(account)
        connections = {ask(owner, cookie, "POST", f"/api/chats/{chat}/messages"): "owner's" for chat in chats}
        time.sleep(1)  # all have begun
        followers = {ask(other, cookie, "GET", f"/api/chats/{chat}/stream"): "other node's" for chat in chats}
        settled = time.monotonic_ns() + 10**9  # what was said before is told late to those who join, and not counted
        delays = read_all(connections | followers, settled, seconds + 20)
    print(f"{streams} streams x {RATE} tokens/s, {seconds} s")
    print("client         tokens   p50 ms   p99 ms   max ms")
    for kind, values in delays.items():
        p50, p99, most = quantiles(values)
        print(f"{kind:<13} {len(values):7} {p50:8.1f} {p99:8.1f} {most:8.1f}")


if __name__ == "__main__":
    main()
