"""Log lines: one a record, JSON for machines or text for people. Nothing in a message can look like a line of its own.

What happens is told as an event: a name and fields (``event``). Everything else is a message. The standard library
only: gunicorn's arbiter writes its lines in the same form, before gevent has patched anything.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from chatstream.config import LogFormat

LOGGER: Final = "chatstream"
LIBRARIES: Final = ("opentelemetry",)
"""They complain of their own accord, over and over: each complaint is told once in SELDOM_S."""
SELDOM_S: Final = 60.0

Fields = Mapping[str, Any]

_to_json = json.JSONEncoder(default=str).encode

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""Ends of lines, and what a terminal obeys."""


def event(log: logging.Logger, name: str, *, level: int = logging.INFO, **fields: Any) -> None:
    """Tell that something happened. ``fields`` are plain values and ids; never a secret, never a message's text."""
    if log.isEnabledFor(level):
        # logging's own way looks for the caller in the stack, which no line tells
        record = logging.LogRecord(log.name, level, "", 0, name, None, None)
        record.fields = fields
        log.handle(record)


def is_event(record: logging.LogRecord) -> bool:
    """Whether a record was made by ``event``."""
    return hasattr(record, "fields")


class JsonLines(logging.Formatter):
    """``{"time", "level", "event", …}``; of a message the event is ``log``, with ``logger`` and ``message``."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, in ASCII."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
        }
        if is_event(record):
            line["event"] = record.getMessage()
        else:
            line |= {"event": "log", "logger": record.name, "message": record.getMessage()}
        line |= _fields(record)
        if record.exc_info:
            line["stack"] = self.formatException(record.exc_info)
        return _to_json(line)


class TextLines(logging.Formatter):
    """For a terminal: time, level, logger, words; a stack keeps its lines."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the stack where there is one."""
        head = f"{self.formatTime(record, '%H:%M:%S')} {record.levelname.lower():7} {record.name}: "
        words = [record.getMessage(), *(f"{name}={value}" for name, value in _fields(record).items())]
        stack = self.formatException(record.exc_info).split("\n") if record.exc_info else []
        return head + "\n    ".join(_CONTROLS.sub(_escaped, line) for line in (" ".join(words), *stack))


class Seldom(logging.Filter):
    """Lets a complaint through once in SELDOM_S, whatever values are in its words."""

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it is to be told."""
        if record.created - self._told.get(str(record.msg), 0.0) < SELDOM_S:
            return False
        self._told[str(record.msg)] = record.created
        return True


def _escaped(control: re.Match[str]) -> str:
    return repr(control[0])[1:-1]


FORMATTERS: Final[dict[LogFormat, type[logging.Formatter]]] = {"json": JsonLines, "text": TextLines}


def init_logs(level: str, form: LogFormat, context: Callable[[], Fields] = dict) -> None:
    """Send the log lines of the application to standard error; ``context`` adds what is known of the request.

    Whatever the level, other handlers see warnings.
    """

    # nobody is told of them, and in a greenlet the library would make a thread object to name
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False

    def add_context(record: logging.LogRecord) -> bool:
        record.context = context()
        return True

    for name in (LOGGER, *LIBRARIES):
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(FORMATTERS[form]())
        handler.addFilter(add_context)
        handler.setLevel(level.upper())
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.setLevel(min(handler.level, logging.WARNING))
        logger.propagate = False
        if name in LIBRARIES:
            handler.addFilter(Seldom())
            logger.setLevel(logging.WARNING)


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    """Those of the event before those of the request; what is not known is left out."""
    known = {**getattr(record, "context", {}), **getattr(record, "fields", {})}
    return {name: value for name, value in known.items() if value is not None}
