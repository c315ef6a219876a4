"""Asks a path again and again from a process of its own, and prints how long each answer took (ms), as JSON.

python -m benchmarks.pinger PORT PATH SECONDS COOKIE
"""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import time

PAUSE_S = 0.02


class Pinger:
    """A client that behaves, beside whatever else goes on. ``delays`` waits for its end."""

    def __init__(self, port: int, path: str, seconds: float, cookie: str = "") -> None:
        command = [sys.executable, "-m", "benchmarks.pinger", str(port), path, str(seconds), cookie]
        self._child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def stop(self) -> None:
        """End it before its time, after the request that is on its way."""
        self._child.send_signal(signal.SIGINT)

    def delays(self) -> list[float]:
        """Of each answer, in ms. Those that were not 200 are counted in ``refused``."""
        told, _ = self._child.communicate()
        if self._child.returncode:
            raise SystemExit("the pinger failed")
        said = json.loads(told)
        self.refused: int = said["refused"]
        values: list[float] = said["delays"]
        return values


def main() -> None:
    """Ask over one kept-alive connection."""
    port, path, seconds, cookie = sys.argv[1:]
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=60)
    deadline = time.monotonic() + float(seconds)
    delays, refused = [], 0
    stopped: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _frame: stopped.append(number))
    while not stopped and (started := time.monotonic()) < deadline:
        connection.request("GET", path, headers={"Cookie": cookie} if cookie else {})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            refused += 1
        delays.append((time.monotonic() - started) * 1000)
        time.sleep(PAUSE_S)
    print(json.dumps({"delays": delays, "refused": refused}))


if __name__ == "__main__":
    main()
