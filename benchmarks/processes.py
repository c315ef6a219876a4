"""What the kernel tells of processes (Linux): CPU time, memory, children; and which core they run on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")

_first, *_others = sorted(os.sched_getaffinity(0))
WORKER_CORES = {_first}
OTHER_CORES = set(_others) or WORKER_CORES
"""Those of everything but the worker; the same one where there is only one."""


@contextmanager
def on(chosen: set[int]) -> Iterator[None]:
    """What is started inside stays on these cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, chosen)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def children(pid: int) -> list[int]:
    """The process ids of its children, oldest first."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def cpu_s(pid: int, *, with_ended: bool = False) -> float:
    """Seconds of a core that a process has used, in user and in system mode; its ended children's where asked."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11 : 15 if with_ended else 13]) / TICKS


def family_cpu_s(pid: int) -> float:
    """The same of a process with all its children, those that have ended included."""
    total = cpu_s(pid, with_ended=True)
    for child in children(pid):
        try:
            total += cpu_s(child)
        except FileNotFoundError:  # ended in between
            continue
    return total


def memory_kb(pid: int, kind: str = "Rss") -> int:
    """Resident memory; ``Pss``: what is shared with others is divided among them."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(rollup.partition(f"\n{kind}:")[2].split()[0])


def busy_s(cores: set[int]) -> float:
    """Seconds that these cores were at work for anybody, since the machine started."""
    total = 0
    for line in Path("/proc/stat").read_text().splitlines():
        name, *fields = line.split()
        if name in {f"cpu{core}" for core in cores}:
            user, nice, system, _idle, _iowait, irq, softirq, *_ = map(int, fields)
            total += user + nice + system + irq + softirq
    return total / TICKS
