"""How long it takes from `git clone` to the first streamed token, by the README's commands. Standard library only.

    python3 benchmarks/first_token.py [repository]

Clones into a temporary folder, runs `make run` (which installs the packages: pip's cache and the network count), waits
for its banner, then sends a message with scripts/test_streaming.sh. Afterwards it starts a second time.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parent.parent
QUESTION = {"EMAIL": "user@demo.example", "PASSWORD": "demo-user-password", "MESSAGE": "hello", "RAW": "1"}


def wait_for_line(stream: IO[str], words: str) -> None:
    """Read up to the line that holds ``words``."""
    seen = []
    for line in stream:
        seen.append(line)
        if words in line:
            return
    raise SystemExit("".join(seen) + f"\nended before {words!r}")


def start(checkout: Path, port: int) -> subprocess.Popen[str]:
    """`make run`, up to its banner."""
    environment = {**os.environ, "PORT": str(port)}
    process = subprocess.Popen(
        ["make", "run"], cwd=checkout, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    wait_for_line(process.stdout, "ChatStream is ready")
    return process


def first_token(checkout: Path, port: int) -> float:
    """Sign in, open a chat, send a message; returns the moment of the answer's first piece."""
    environment = {**os.environ, **QUESTION, "PORT": str(port)}
    with subprocess.Popen(
        ["scripts/test_streaming.sh"], cwd=checkout, env=environment, stdout=subprocess.PIPE, text=True
    ) as script:
        assert script.stdout is not None
        wait_for_line(script.stdout, '"type": "message"')
        moment = time.monotonic()
        script.stdout.read()
        return moment


def stop(process: subprocess.Popen[str]) -> None:
    """Ctrl-C."""
    process.send_signal(signal.SIGTERM)
    process.wait(30)


def main() -> None:
    """Measure, and print three figures in seconds."""
    repository = sys.argv[1] if len(sys.argv) > 1 else str(ROOT)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        checkout = Path(folder) / "chatstream"
        began = time.monotonic()
        subprocess.run(["git", "clone", "--quiet", repository, str(checkout)], check=True)
        process = start(checkout, port)
        ready = time.monotonic()
        token = first_token(checkout, port)
        stop(process)
        again = time.monotonic()
        process = start(checkout, port)
        second = time.monotonic()
        stop(process)
    print(f"clone to ready          {ready - began:6.1f} s")
    print(f"clone to first token    {token - began:6.1f} s")
    print(f"second start to ready   {second - again:6.1f} s")


if __name__ == "__main__":
    main()
