"""Readiness: whether what the server needs is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from chatstream.extensions import db
from chatstream.services.revisions import revisions_in


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. ``word`` is ``ok`` or what is wrong, without addresses or secrets."""

    name: str
    ok: bool
    word: str = "ok"


class Readiness:
    """Looks at the database, the migrations and, where configured, Redis.

    A worker that is stopping is not ready, whatever else there is: balancers are to send new requests elsewhere.
    """

    def __init__(
        self,
        *,
        migrations: Path,
        redis: Callable[[], Check] | None,
        is_stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._revisions = revisions_in(migrations)
        self._is_stopping = is_stopping
        self._redis = redis

    def checks(self) -> list[Check]:
        """Look at everything now."""
        checks = [Check("worker", False, "is stopping")] if self._is_stopping() else []
        checks += self._database()
        if self._redis is not None:
            checks.append(self._redis())
        return checks

    def _database(self) -> list[Check]:
        try:
            heads = set(db.session.scalars(text("SELECT version_num FROM alembic_version")))
        except SQLAlchemyError:
            db.session.rollback()
            return [*self._reachable(), Check("migrations", False, "not known")]
        return [Check("database", True), self._migrations(heads)]

    def _migrations(self, found: set[str]) -> Check:
        """A database that a newer release has migrated will do: nodes are upgraded after it, one by one."""
        if found == self._revisions.heads:
            return Check("migrations", True)
        if found - self._revisions.known:
            return Check("migrations", True, "ahead of this release")
        return Check("migrations", False, "not at head: run flask db upgrade")

    @staticmethod
    def _reachable() -> list[Check]:
        try:
            db.session.execute(text("SELECT 1"))
        except SQLAlchemyError:
            db.session.rollback()
            return [Check("database", False, "does not answer")]
        return [Check("database", True)]
