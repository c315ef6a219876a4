"""Log lines: one a record, JSON for machines or text for people. Nothing in a message can look like a line of its own.

In text a stack takes more lines, each of them indented.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime

from flask import g, has_request_context

from chatstream.config import LogFormat

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""Ends of lines, and what a terminal obeys."""


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if has_request_context() and "request_id" in g:
            line["request_id"] = g.request_id
        if record.exc_info:
            line["stack"] = self.formatException(record.exc_info)
        return json.dumps(line)


class _TextLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        head = f"{self.formatTime(record, '%H:%M:%S')} {record.levelname.lower():7} {record.name}: "
        stack = self.formatException(record.exc_info).split("\n") if record.exc_info else []
        return head + "\n    ".join(_CONTROLS.sub(_escaped, line) for line in (record.getMessage(), *stack))


def _escaped(control: re.Match[str]) -> str:
    return repr(control[0])[1:-1]


def init_logs(level: str, form: LogFormat) -> None:
    """Send the log lines of the application to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines() if form == "json" else _TextLines())
    logger = logging.getLogger("chatstream")
    logger.handlers[:] = [handler]
    logger.setLevel(level.upper())
    logger.propagate = False
