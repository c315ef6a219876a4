"""Where a server's time goes: py-spy beside a round, and what its samples add up to.

Samples are taken of what is on the core only. A figure that is measured with a profile is slower than without.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

RATE = 250
PROGRAM = Path(sys.executable).with_name("py-spy")
IDLE = "_Condition.wait (gevent/_threading.py"
"""Threads of gevent's pool that wait for work; py-spy takes them for busy."""

_FRAME = re.compile(r"(?P<function>.*) \((?P<file>[^)]*?)(:\d+)?\)$")


@contextmanager
def recording(pid: int, file: Path) -> Iterator[None]:
    """Sample a process until the end of the block; one line for each stack, and how often it was seen."""
    command = [str(PROGRAM), "record", "--pid", str(pid), "--rate", str(RATE), "--format", "raw", "--output", str(file)]
    child = subprocess.Popen([*command, "--nolineno"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        child.send_signal(signal.SIGINT)
        child.wait(30)


def table(files: list[Path], count: int = 70) -> str:
    """Of all samples, in percent: the functions at work themselves, and those with all that they call."""
    own: Counter[str] = Counter()
    within: Counter[str] = Counter()
    for file in files:
        for line in file.read_text().splitlines():
            stack, _, seen = line.rpartition(" ")
            if IDLE in stack:
                continue
            frames = [_short(frame) for frame in stack.split(";")]
            own[frames[-1]] += int(seen)
            for frame in set(frames):
                within[frame] += int(seen)
    total = sum(own.values()) or 1
    lines = [f"{total} samples", "", f"{'with what it calls':<76} {'itself':<70}"]
    for (a, whole), (b, alone) in zip(within.most_common(count), own.most_common(count), strict=False):
        lines.append(f"{whole / total:6.1%} {a:<68.68} {alone / total:6.1%} {b:<64.64}")
    return "\n".join(lines) + "\n"


def _short(frame: str) -> str:
    found = _FRAME.match(frame)
    return f"{found['function']} ({'/'.join(found['file'].split('/')[-3:])})" if found else frame
