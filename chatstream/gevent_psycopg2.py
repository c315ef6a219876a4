"""psycopg2 that waits in the hub and not in the kernel.

libpq blocks the whole worker for each query unless a wait callback is set (psycopg2 manual, "Support for coroutine
libraries"). COPY does not work in this mode.
"""

from __future__ import annotations

from typing import Any

import psycopg2
from gevent import monkey
from gevent.socket import wait_read, wait_write
from psycopg2 import extensions


def install() -> bool:
    """Set the callback where gevent has patched the process (a gunicorn worker). Returns whether it did.

    To be called before the first connection is made.
    """
    if not monkey.is_module_patched("socket"):
        return False
    extensions.set_wait_callback(_wait)
    return True


def _wait(connection: Any) -> None:
    while True:
        state = connection.poll()
        if state == extensions.POLL_OK:
            return
        if state == extensions.POLL_READ:
            wait_read(connection.fileno())
        elif state == extensions.POLL_WRITE:
            wait_write(connection.fileno())
        else:
            raise psycopg2.OperationalError(f"unexpected state of the connection: {state!r}")
