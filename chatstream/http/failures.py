"""What is logged as going wrong is kept in error_logs as well: one way for failed requests and failed background jobs.

A line's level is its severity; an exception gives it a stack. ``extra={"code": …, "error": …}`` on a line say what
error_logs calls it, and whose stack to keep where the line itself shall not show it. Events are not failures.
"""

from __future__ import annotations

import logging
import traceback
from typing import Any, Final

from flask import current_app, g, has_app_context, has_request_context, request

from chatstream.logs import LOGGER, is_event
from chatstream.services.container import Services
from chatstream.services.error_logs import Failure, Severity
from chatstream.services.failure_queue import FailureQueue
from chatstream.services.scrubbing import scrubbed, stack_of

GUNICORN: Final = "gunicorn.error"
"""Where gunicorn tells of requests that failed outside of the application: in mid-stream, for instance."""

MESSAGE_CHARS: Final = 4000

DEGRADED: Final = "degraded"
JOB_FAILED: Final = "job_failed"
UNHANDLED: Final = "internal_error"
"""Codes of lines that say none themselves."""


class KeptFailures(logging.Handler):
    """Puts warnings and worse into the queue of the application that is at work, or else into ``queue``."""

    def __init__(self, queue: FailureQueue, level: int = logging.WARNING) -> None:
        super().__init__(level)
        self._queue = queue

    def emit(self, record: logging.LogRecord) -> None:
        """Never raises; lines about error_logs itself are not kept, or a failure would feed itself."""
        if is_event(record) or record.name == FailureQueue.__module__:
            return
        try:
            self._current_queue().put(_failure(record))
        except Exception:  # noqa: BLE001 - logging's own way
            self.handleError(record)

    def _current_queue(self) -> FailureQueue:
        if not has_app_context():
            return self._queue
        services: Services = current_app.extensions["chatstream"]
        return services.failures


def keep_failures(queue: FailureQueue) -> None:
    """Attach it to what ChatStream logs, and to what gunicorn does."""
    logging.getLogger(LOGGER).addHandler(KeptFailures(queue))
    gunicorn = logging.getLogger(GUNICORN)
    gunicorn.handlers[:] = [one for one in gunicorn.handlers if not isinstance(one, KeptFailures)]
    gunicorn.addHandler(KeptFailures(queue, logging.ERROR))  # its warnings quote what strangers send


def _failure(record: logging.LogRecord) -> Failure:
    error: BaseException | None = record.exc_info[1] if record.exc_info else getattr(record, "error", None)
    return Failure(
        severity=_severity(record),
        code=getattr(record, "code", None) or _code(record),
        message=scrubbed(record.getMessage()[:MESSAGE_CHARS]),
        kind=(record.name, str(record.msg), type(error).__name__, _place(error), _route()),
        stack=stack_of(error) if error is not None else None,
        context={"logger": record.name},
        **_request(),
    )


def _place(error: BaseException | None) -> str:
    """The function that an exception comes from."""
    frames = list(traceback.walk_tb(error.__traceback__ if error else None))
    return frames[-1][0].f_code.co_qualname if frames else ""


def _route() -> str:
    return request.url_rule.rule if has_request_context() and request.url_rule else ""


def _severity(record: logging.LogRecord) -> Severity:
    if record.levelno >= logging.CRITICAL:
        return "critical"
    return "error" if record.levelno >= logging.ERROR else "warning"


def _code(record: logging.LogRecord) -> str:
    if record.levelno < logging.ERROR:
        return DEGRADED
    return UNHANDLED if has_request_context() else JOB_FAILED


def _request() -> dict[str, Any]:
    """Which request failed, and whose it was."""
    if not has_request_context():
        return {}
    caller: Any = g.get("principal")
    ids = request.view_args or {}
    return {
        "request_id": g.get("request_id"),
        "method": request.method[:20],
        "path": scrubbed(request.path[:2000]),
        "team_id": caller.team_id if caller else None,
        "user_id": caller.user_id if caller else None,
        "agent_id": ids.get("agent_id"),
        "chat_id": ids.get("chat_id"),
    }
