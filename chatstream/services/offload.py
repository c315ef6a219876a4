"""CPU work in threads of its own, behind a bounded queue.

In a greenlet it would stall every stream of the worker. The threads are not the hub's own, which resolve host names: a
flood of such work must not keep webhooks from being found.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from gevent.lock import BoundedSemaphore
from gevent.threadpool import ThreadPool

from chatstream.errors import Busy
from chatstream.metrics import instruments

Result = TypeVar("Result")


class Offload:
    """Runs calls in ``threads`` threads. At most ``queue`` wait or run at once; the next is told ``busy``.

    ``name``: of the work, in metrics. ``nice``: of the threads, on Linux; for work that leaves the GIL alone, since a
    thread that is held back with the GIL in its hands holds back the loop.
    """

    def __init__(self, name: str, *, threads: int, queue: int, busy: str, nice: int = 0) -> None:
        self._jobs = instruments.OFFLOAD_WAITING.labels(name)
        self._threads = threads
        self._nice = nice
        self._slots = BoundedSemaphore(queue)
        self._busy = busy
        self._pool: ThreadPool | None = None

    def run(self, work: Callable[[], Result]) -> Result:
        """What ``work`` returns or raises, once a thread has done it. Raises Busy when the queue is full."""
        if not self._slots.acquire(blocking=False):
            raise Busy(self._busy, retry_after=2)
        self._jobs.inc()
        try:
            if self._pool is None:  # made late: threads do not survive gunicorn's fork
                self._pool = ThreadPool(self._threads)
            outcome: Result | Exception = self._pool.apply(_kept(work, self._nice))
        finally:
            self._jobs.dec()
            self._slots.release()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def usable_cores() -> int:
    """How many this process may run on; all there are, where the system does not tell."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _kept(work: Callable[[], Result], nice: int) -> Callable[[], Result | Exception]:
    """``work``, which returns what it raises: gevent prints whatever leaves a thread, past every log."""

    def attempt() -> Result | Exception:
        try:
            _make_way(nice)
            return work()
        except Exception as error:  # noqa: BLE001 - raised again by whoever asked
            return error

    return attempt


def _make_way(nice: int) -> None:
    """Let this thread, and it alone, yield to the others. A system call of 1 µs; the pool makes threads as it likes."""
    if nice and sys.platform == "linux":  # elsewhere the process would
        with suppress(OSError):  # a sandbox may refuse it; the work is done all the same
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), nice)
