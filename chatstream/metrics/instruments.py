"""Everything that is counted, with the values that its labels may have.

To be imported in a worker and not before: prometheus-client decides at its import whether it counts for one process or
for many. Labels are closed sets (routes, methods, codes), so that the number of series does not grow with use; agents
are the one exception, and a setting (METRICS_BY_AGENT).
"""

from __future__ import annotations

import os
from typing import Final

from prometheus_client import Counter, Gauge, Histogram, values

if values.ValueClass is not values.MutexValue:
    # by default it asks the kernel for the process id at each count; a worker imports this and never forks
    _WORKER: Final = os.getpid()
    values.ValueClass = values.MultiProcessValue(lambda: _WORKER)  # type: ignore[no-untyped-call]

_QUICK: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_QUERIES: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5)
_ANSWERS: Final = (0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 20, 30, 60, 120, 300, 900)
_CONNECTIONS: Final = (1, 5, 15, 30, 60, 120, 300, 900, 3600)


def _gauge(name: str, what: str, *labels: str) -> Gauge:
    """The sum over the workers that live."""
    return Gauge(name, what, labels, multiprocess_mode="livesum")


HTTP_REQUESTS = Counter(
    "chatstream_http_requests_total",
    "Requests, by method, route and class of status (2xx, 4xx, 5xx).",
    ("method", "route", "status"),
)
HTTP_DURATION = Histogram(
    "chatstream_http_request_duration_seconds",
    "Time until an answer begins; of an event stream, until its headers.",
    ("method", "route"),
    buckets=_QUICK,
)
REFUSED = Counter("chatstream_refused_total", "Requests over WORKER_CONNECTIONS, refused before they were looked at.")
RATE_LIMIT_HITS = Counter("chatstream_rate_limit_hits_total", "Requests over a rate limit, by route.", ("route",))

AUTH_ATTEMPTS = Counter(
    "chatstream_auth_attempts_total",
    "Sign-ins, registrations, refreshes and the like, by kind and outcome (ok, or the code of the error).",
    ("kind", "outcome"),
)
PRINCIPAL_LOOKUPS = Counter(
    "chatstream_principal_lookups_total",
    "Who is calling: remembered (hit), or asked of the database (miss).",
    ("result",),
)
OFFLOAD_WAITING = _gauge("chatstream_offload_jobs", "Work that waits for a thread or runs in one, by pool.", "pool")

SSE_CONNECTIONS = _gauge("chatstream_sse_connections", "Event streams that are open.")
SSE_DURATION = Histogram(
    "chatstream_sse_connection_duration_seconds", "How long event streams were open.", buckets=_CONNECTIONS
)

RUNNING = _gauge("chatstream_generations_running", "Answers that are being written.")
GENERATIONS = Counter(
    "chatstream_generations_total",
    "Answers that have ended, by outcome (complete, stopped, error, interrupted, abandoned).",
    ("outcome",),
)
FIRST_TOKEN = Histogram(
    "chatstream_first_token_seconds",
    "From the call of a workflow to its first text; by agent where METRICS_BY_AGENT is on.",
    ("agent",),
    buckets=_ANSWERS,
)
GENERATION_DURATION = Histogram(
    "chatstream_generation_duration_seconds",
    "From the start of an answer to its stored end; by agent where METRICS_BY_AGENT is on.",
    ("agent",),
    buckets=_ANSWERS,
)
UPSTREAM_FAILURES = Counter("chatstream_upstream_failures_total", "Workflows that failed, by code.", ("code",))
MESSAGES = Counter("chatstream_messages_total", "Messages stored, by role.", ("role",))
CHUNKS = Counter("chatstream_answer_chunks_total", "Pieces of text (tokens, as most workflows send them) in answers.")
CHARS = Counter("chatstream_answer_chars_total", "Characters in answers.")
REAPED = Counter("chatstream_reaped_total", "Answers of lost workers that were closed as interrupted.")

SHARED_LOG_WRITE = Histogram(
    "chatstream_shared_log_write_duration_seconds", "Time of a write to the shared log.", buckets=_QUERIES
)
SHARED_LOG_BATCHES = Counter("chatstream_shared_log_batches_total", "Batches of events that the shared log has taken.")
SHARED_LOG_LAG = Gauge(
    "chatstream_shared_log_lag_seconds",
    "How far the shared log is behind, on the worker where it is furthest.",
    multiprocess_mode="livemax",
)

DB_QUERY_DURATION = Histogram(
    "chatstream_db_query_duration_seconds", "Time of a statement, from sending to its result.", buckets=_QUERIES
)
DB_POOL_IN_USE = _gauge("chatstream_db_pool_in_use", "Connections to PostgreSQL that are taken from the pools.")
DB_POOL_SIZE = _gauge("chatstream_db_pool_size", "Connections to PostgreSQL that the pools may hold.")

ERRORS = Counter("chatstream_errors_total", "Failures for error_logs, by severity.", ("severity",))
ERRORS_DROPPED = Counter("chatstream_errors_dropped_total", "Failures that error_logs had no room for.")

WORKERS = _gauge("chatstream_workers", "Worker processes that live.")
RESIDENT_MEMORY = _gauge("chatstream_resident_memory_bytes", "Resident memory of the workers.")
OPEN_FILES = _gauge("chatstream_open_files", "Open file descriptors of the workers.")
CPU = Counter("chatstream_cpu_seconds_total", "Time on a processor, user and system.")
LOOP_LAG = Histogram(
    "chatstream_loop_lag_seconds",
    "How much later than asked a greenlet was woken: what a blocked loop costs everybody.",
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5),
)
