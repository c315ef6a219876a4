"""Whether a pooled connection to PostgreSQL is still good, found out without a round trip.

SQLAlchemy's own check asks the server each time that a connection is taken, which is a tenth of what a send costs. A
server that ends a connection, or dies, leaves something to be read on it: an error or the end of the stream. Only such
a connection, and one that has been idle for long, is asked.
"""

from __future__ import annotations

import time
from typing import Any, Final

from gevent import monkey
from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError

ASK_AFTER_S: Final = 5.0
"""After so long without use a machine on the way may have forgotten the connection."""

_RETURNED: Final = "returned_at"
_poll: Final = monkey.get_original("select", "poll")  # gevent's own goes through the hub
_POLLIN: Final = 1


def check(engine: Engine) -> None:
    """Check the connections of the engine's pool from now on. A dead one condemns all that are as old."""

    dialect = engine.dialect  # not the engine: it would then hold itself, and its connections, in a circle

    def at_checkout(connection: Any, record: Any, _proxy: Any) -> None:
        returned_at = record.info.get(_RETURNED)
        if returned_at is None:
            return  # it has just been made
        is_idle = time.monotonic() - returned_at > ASK_AFTER_S
        if connection.closed or ((is_idle or _has_something_to_read(connection)) and not _answers(connection)):
            raise InvalidatePoolError

    def _answers(connection: Any) -> bool:
        try:
            return dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error:
            return False

    event.listen(engine, "checkout", at_checkout)
    event.listen(engine, "checkin", _note)


def _note(_connection: Any, record: Any) -> None:
    record.info[_RETURNED] = time.monotonic()


def _has_something_to_read(connection: Any) -> bool:
    poll = _poll()
    poll.register(connection.fileno(), _POLLIN)
    return bool(poll.poll(0))
