"""Who a session speaks for, without a query on each request.

A worker remembers whom it has looked up for a few seconds. Whoever changes a user's rights says so in the same
transaction (``changed``), and every worker forgets that user: the one that commits at once, the others when NOTIFY
reaches them. A word that is lost costs LIFETIME_S; after a new connection of the listener everything is forgotten.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache as cache_forever
from typing import Any
from weakref import WeakSet

from sqlalchemy import Select, bindparam, event, func, select, update

from chatstream.extensions import db
from chatstream.metrics import instruments
from chatstream.models import AuthSession, Team, User
from chatstream.services import signals, single_reads
from chatstream.services.generations.outcomes import DATABASE_GONE
from chatstream.services.principals import Principal

LIFETIME_S = 4.0
"""How long a look-up counts, from the moment before it was asked; the contract allows 5 s."""
MOST = 4096
"""Sessions that a worker remembers; beyond it the oldest look-up is forgotten."""
NOTED_EVERY = timedelta(minutes=5)
"""How exact ``last_used_at`` is: one write for each session and this time."""


@dataclass(eq=False, slots=True, weakref_slot=True)
class Watch:
    """Whether a word has come on a user since its rights were last looked up."""

    user_id: uuid.UUID
    is_doubtful: bool = False


_HITS = instruments.PRINCIPAL_LOOKUPS.labels("hit")
_MISSES = instruments.PRINCIPAL_LOOKUPS.labels("miss")


class PrincipalCache:
    """The principals that this process has looked up of late."""

    def __init__(self) -> None:
        self._kept: dict[uuid.UUID, tuple[float, Principal]] = {}  # in the order of their look-ups
        self._watches: WeakSet[Watch] = WeakSet()
        self._version = 0

    def find(self, session_id: uuid.UUID, user_id: uuid.UUID) -> Principal | None:
        """Who the tokens of a session speak for; None when session, user or team is not active any more."""
        asked = time.monotonic()
        until, principal = self._kept.get(session_id, (0.0, None))
        is_hit = principal is not None and until >= asked
        (_HITS if is_hit else _MISSES).inc()
        if not is_hit:
            version = self._version
            principal = _look_up(session_id)
            if principal is not None and version == self._version:  # else what was read may be older than a word
                self._keep(principal, asked + LIFETIME_S)
        return principal if principal is not None and principal.user_id == user_id else None

    def while_valid(
        self, principal: Principal, pieces: Iterator[bytes], app_context: Callable[[], AbstractContextManager[Any]]
    ) -> Iterator[bytes]:
        """Pass ``pieces`` on until the session of ``principal``, its user or its team ends.

        Looks that up after a word and at no other time. While the database is away the stream goes on in doubt.
        """
        watch = Watch(principal.user_id)
        self._watches.add(watch)
        for piece in pieces:
            if watch.is_doubtful:
                watch.is_doubtful = False
                try:
                    with app_context():
                        valid = self.find(principal.session_id, principal.user_id) is not None
                except DATABASE_GONE:
                    valid = watch.is_doubtful = True
                if not valid:
                    return
            yield piece

    def drop(self, user_ids: Collection[uuid.UUID]) -> None:
        """Forget these users: the next request of each looks again."""
        gone = set(user_ids)
        self._version += 1
        self._kept = {key: kept for key, kept in self._kept.items() if kept[1].user_id not in gone}
        for watch in self._watches:
            if watch.user_id in gone:
                watch.is_doubtful = True

    def clear(self) -> None:
        """Forget everybody."""
        self._version += 1
        self._kept.clear()
        for watch in self._watches:
            watch.is_doubtful = True

    def heard(self, word: str, ids: list[uuid.UUID]) -> None:
        """Take a word of another worker; an empty one says that words may have been missed."""
        if word == signals.PRINCIPALS:
            self.drop(ids)
        elif not word:
            self.clear()

    def _keep(self, principal: Principal, until: float) -> None:
        self._kept.pop(principal.session_id, None)
        if len(self._kept) >= MOST:
            del self._kept[next(iter(self._kept))]
        self._kept[principal.session_id] = (until, principal)


cache = PrincipalCache()
"""This worker's: rights are a matter of the process, whichever application of it asks."""


def changed(*user_ids: uuid.UUID) -> None:
    """Tell every worker, when the caller's transaction commits, that the rights or sessions of these users changed."""
    if not user_ids:
        return
    signals.send(signals.PRINCIPALS, user_ids)
    event.listen(db.session(), "after_commit", lambda _session: cache.drop(user_ids), once=True)


def _look_up(session_id: uuid.UUID) -> Principal | None:
    """Holds no connection afterwards: the body of the request may be long in coming."""
    rows = single_reads.fetch(_speaks_for(), {"session_id": session_id})
    if not rows:
        return None
    found = rows[0]
    if found.is_stale:
        db.session.execute(update(AuthSession).where(AuthSession.id == session_id).values(last_used_at=func.now()))
        db.session.commit()
    return Principal(user_id=found.id, team_id=found.team_id, role=found.role, session_id=session_id)


@cache_forever
def _speaks_for() -> Select[uuid.UUID, uuid.UUID, str, bool]:
    """The statement of a look-up; making it takes longer than running it."""
    is_stale = (AuthSession.last_used_at < func.now() - NOTED_EVERY).label("is_stale")
    return (
        select(User.id, User.team_id, User.role, is_stale)
        .join(AuthSession, AuthSession.user_id == User.id)
        .join(Team, Team.id == User.team_id)
        .where(AuthSession.id == bindparam("session_id"), User.is_active, Team.is_active, AuthSession.is_live())
    )
