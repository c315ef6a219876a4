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

ROWS = 40
_FRAME = re.compile(r"(?P<function>.*) \((?P<file>[^()]*)\)$")


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


def table(files: list[Path]) -> str:
    """Of all samples, in percent: packages and functions at work themselves, and functions with what they call."""
    packages: Counter[str] = Counter()
    itself: Counter[str] = Counter()
    within: Counter[str] = Counter()
    for file in files:
        for line in file.read_text().splitlines():
            stack, _, seen = line.rpartition(" ")
            if IDLE not in stack:
                frames = stack.split(";")
                packages[_package(frames[-1])] += int(seen)
                itself[_short(frames[-1])] += int(seen)
                within.update(dict.fromkeys({_short(frame) for frame in frames}, int(seen)))
    total = sum(itself.values()) or 1
    sections = (("packages, themselves", packages), ("functions, themselves", itself), ("with what they call", within))
    lines = [f"{total} samples"]
    for title, counted in sections:
        lines += ["", title, *(f"{seen / total:6.1%} {name}" for name, seen in counted.most_common(ROWS))]
    return "\n".join(lines) + "\n"


def _short(frame: str) -> str:
    found = _FRAME.match(frame)
    return f"{found['function']} ({'/'.join(found['file'].split('/')[-3:])})" if found else frame


def _package(frame: str) -> str:
    found = _FRAME.match(frame)
    return found["file"].partition("/")[0] if found else frame
