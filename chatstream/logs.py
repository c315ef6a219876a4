"""Log lines: one a record, JSON for machines or text for people; a newline in a message never makes a second line."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from flask import g, has_request_context

from chatstream.config import LogFormat


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
        message = record.getMessage().replace("\r", "\\r").replace("\n", "\\n")
        stack = "\n" + self.formatException(record.exc_info) if record.exc_info else ""
        return head + message + stack


def init_logs(level: str, form: LogFormat) -> None:
    """Send the log lines of the application to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines() if form == "json" else _TextLines())
    logger = logging.getLogger("chatstream")
    logger.handlers[:] = [handler]
    logger.setLevel(level.upper())
    logger.propagate = False
