"""What an operator would look at first when something is wrong, each with a sentence of advice."""

from __future__ import annotations

import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from chatstream.extensions import db
from chatstream.services.health import Readiness
from chatstream.tracing.interface import Tracing

Verdict = Literal["ok", "warning", "failed"]

OLDEST_POSTGRESQL: Final = 150_000
SKEW_S: Final = 5.0
"""Tokens allow for 60 s between nodes (http/tokens.py); a clock that is kept by NTP is never this far off."""
FREE_BYTES: Final = 200 << 20
FILES_BESIDE: Final = 200
"""Open files of a worker beside its clients: sockets to workflows come on top of them, one for each answer."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: what was seen, and what to do about it where that is not ``ok``."""

    name: str
    verdict: Verdict
    seen: str
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doctor:
    """Looks at what this process would run on. ``is_development``: unsafe conveniences are meant."""

    readiness: Readiness
    tracing: Tracing
    is_development: bool
    workers: int
    worker_connections: int
    pool_size: int
    allowed_hosts: tuple[str, ...]
    metrics_are_guarded: bool
    trusted_proxies: int

    def findings(self) -> Iterator[Finding]:
        """Look at everything, one thing after the other; a look that fails is a finding, and stops no other."""
        yield self._settings()
        yield from self._ready()
        for name, look in (("version", self._version), ("connections", self._connections), ("clock", self._clock)):
            yield self._asked(name, look)
        yield self._outbound()
        yield self._traces()
        yield from self._disk()
        yield self._files()

    def _settings(self) -> Finding:
        if self.is_development:
            return Finding(
                "settings",
                "warning",
                "CHATSTREAM_ENV=development: cookies over plain HTTP, webhooks on loopback",
                "Set CHATSTREAM_ENV=production wherever other people sign in.",
            )
        if self.trusted_proxies and not self.metrics_are_guarded:
            return Finding(
                "settings",
                "warning",
                "METRICS_TOKEN is not set, and a proxy stands in front",
                "Set METRICS_TOKEN, or Prometheus can read /metrics from this machine only.",
            )
        return Finding("settings", "ok", "complete and safe")

    def _ready(self) -> Iterator[Finding]:
        advice = {
            "database": "Check DATABASE_URL, that PostgreSQL runs, and that pg_hba.conf lets this host in.",
            "migrations": "Run 'flask db upgrade' with the code that is to serve.",
            "redis": "Check REDIS_URL and that the server runs; until then limits count in each worker by itself.",
        }
        for check in self.readiness.checks():
            yield Finding(check.name, "ok" if check.ok else "failed", check.word, advice.get(check.name, ""))

    @staticmethod
    def _asked(name: str, look: Callable[[], Finding]) -> Finding:
        try:
            return look()
        except SQLAlchemyError as error:
            return Finding(name, "failed", f"not known ({type(error).__name__})", "See what is said of the database.")
        finally:
            db.session.rollback()

    @staticmethod
    def _version() -> Finding:
        number = int(db.session.scalar(text("SHOW server_version_num")) or 0)
        seen = f"PostgreSQL {number // 10_000}.{number % 10_000}"
        old = number < OLDEST_POSTGRESQL
        return Finding("version", "failed" if old else "ok", seen, "ChatStream needs PostgreSQL 15 or newer.")

    def _connections(self) -> Finding:
        most = int(db.session.scalar(text("SHOW max_connections")) or 0)
        kept = int(db.session.scalar(text("SHOW superuser_reserved_connections")) or 0)
        need = self.workers * (self.pool_size + 2)  # one listens, one writes error_logs
        seen = f"{need} for this node, {most - kept} allowed"
        advice = "Raise max_connections, or lower DATABASE_POOL_SIZE or WEB_CONCURRENCY; count every node."
        return Finding("connections", "failed" if need > most - kept else "ok", seen, advice)

    @staticmethod
    def _clock() -> Finding:
        before = time.time()
        theirs = float(db.session.scalar(text("SELECT extract(epoch FROM clock_timestamp())")) or 0)
        skew = theirs - (before + time.time()) / 2
        verdict: Verdict = "failed" if abs(skew) > SKEW_S else "ok"
        return Finding("clock", verdict, f"{abs(skew):.2f} s off the database's", "Keep both clocks by NTP (chrony).")

    def _outbound(self) -> Finding:
        if self.allowed_hosts:
            return Finding("outbound", "ok", f"webhooks may be on {', '.join(self.allowed_hosts)} only")
        if self.is_development:
            return Finding("outbound", "ok", "webhooks may be on public addresses and on loopback")
        return Finding("outbound", "ok", "public addresses only; an n8n inside must be on WEBHOOK_ALLOWED_HOSTS")

    def _traces(self) -> Finding:
        if not self.tracing.is_on:
            return Finding("traces", "ok", "off")
        if self.tracing.reaches_collector():
            return Finding("traces", "ok", "on, and the collector takes them")
        return Finding(
            "traces",
            "warning",
            "on, but the collector does not take them",
            "Check OTEL_EXPORTER_OTLP_ENDPOINT (the port for HTTP is 4318); requests and answers do not wait for it.",
        )

    @staticmethod
    def _disk() -> Iterator[Finding]:
        for place in {Path.cwd(), Path(tempfile.gettempdir())}:
            free = shutil.disk_usage(place).free
            yield Finding(
                "disk",
                "failed" if free < FREE_BYTES else "ok",
                f"{free >> 20} MiB free at {place}",
                "Make room; look at PostgreSQL's own disk as well, which is not seen from here.",
            )

    def _files(self) -> Finding:
        limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        need = 2 * self.worker_connections + FILES_BESIDE
        enough = limit == resource.RLIM_INFINITY or limit >= need
        advice = f"Set LimitNOFILE={need} (systemd) or ulimits (containers), or lower WORKER_CONNECTIONS."
        return Finding(
            "files", "ok" if enough else "warning", f"{limit} may be open, {need} are needed at most", advice
        )
