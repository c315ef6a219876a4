"""How this worker does: memory, processor time, open files, connections, and how late its loop is."""

from __future__ import annotations

import os
import resource
import time
from pathlib import Path
from typing import Final

import gevent
from sqlalchemy import Engine, QueuePool

from chatstream.metrics import instruments

EVERY_S: Final = 1.0

_PAGE = os.sysconf("SC_PAGE_SIZE")


class ProcessFigures:
    """Measures this process, and the pool of ``engine``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._cpu_s = 0.0

    def keep_measuring(self) -> None:
        """Measure for ever. Runs in a greenlet of its own, which is late whenever all others are."""
        instruments.WORKERS.set(1)
        while True:
            self._measure()
            asked = time.monotonic()
            gevent.sleep(EVERY_S)
            instruments.LOOP_LAG.observe(max(0.0, time.monotonic() - asked - EVERY_S))

    def _measure(self) -> None:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        used = usage.ru_utime + usage.ru_stime
        instruments.CPU.inc(used - self._cpu_s)
        self._cpu_s = used
        instruments.RESIDENT_MEMORY.set(int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE)
        instruments.OPEN_FILES.set(sum(1 for _ in Path("/proc/self/fd").iterdir()))
        pool = self._engine.pool
        if isinstance(pool, QueuePool):
            instruments.DB_POOL_SIZE.set(pool.size())
            instruments.DB_POOL_IN_USE.set(pool.checkedout())
