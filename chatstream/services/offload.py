"""CPU work in threads of its own, behind a bounded queue.

In a greenlet it would stall every stream of the worker. The threads are not the hub's own, which resolve host names: a
flood of such work must not keep webhooks from being found.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from gevent.lock import BoundedSemaphore
from gevent.threadpool import ThreadPool

from chatstream.errors import Busy
from chatstream.metrics import instruments

Result = TypeVar("Result")


class Offload:
    """Runs calls in ``threads`` threads. At most ``queue`` wait or run at once; the next is told ``busy``.

    ``name``: of the work, in metrics.
    """

    def __init__(self, name: str, *, threads: int, queue: int, busy: str) -> None:
        self._jobs = instruments.OFFLOAD_WAITING.labels(name)
        self._threads = threads
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
            outcome: Result | Exception = self._pool.apply(_kept(work))
        finally:
            self._jobs.dec()
            self._slots.release()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def _kept(work: Callable[[], Result]) -> Callable[[], Result | Exception]:
    """``work``, which returns what it raises: gevent prints whatever leaves a thread, past every log."""

    def attempt() -> Result | Exception:
        try:
            return work()
        except Exception as error:  # noqa: BLE001 - raised again by whoever asked
            return error

    return attempt
