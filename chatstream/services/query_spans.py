"""Statements as spans, with their text and without their parameters.

Only within a trace: what the background does, every 0.2 s for one thing, would be traces of one statement each. A
failure is told by its class and SQLSTATE; its words may quote what was about to be stored.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Engine, ExceptionContext, event

from chatstream.tracing.interface import Attributes, Tracing

TEXT_CHARS: Final = 4000
_TABLE: Final = re.compile(r'\b(?:FROM|INTO|UPDATE)\s+"?(\w+)', re.IGNORECASE)
_FUNCTION: Final = re.compile(r"\s*SELECT\s+(\w+)\(", re.IGNORECASE)


def trace_statements(engine: Engine, tracing: Tracing) -> None:
    """Begin a span with each statement that ``engine`` sends within a trace, from now on."""

    def before(_connection: Any, _cursor: Any, statement: str, _parameters: Any, context: Any, _many: bool) -> None:
        name, attributes = _described(statement)
        context.span = tracing.begin_within(name, "client", attributes)

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", _after)
    event.listen(engine, "handle_error", _failed)


def _after(_connection: Any, _cursor: Any, _statement: str, _parameters: Any, context: Any, _many: bool) -> None:
    if context.span is not None:
        context.span.end()


def _failed(failure: ExceptionContext) -> None:
    span = getattr(failure.execution_context, "span", None)
    if span is not None:
        sqlstate = getattr(failure.original_exception, "pgcode", None)
        span.end({"db.response.status_code": sqlstate}, error=type(failure.original_exception).__name__)


@lru_cache(maxsize=1000)
def _described(statement: str) -> tuple[str, Attributes]:
    """The name of its span, by its table or function, and what is told of it: statements are few, values parameters."""
    operation = statement.split(None, 1)[0].upper()
    target = _TABLE.search(statement) or _FUNCTION.match(statement)
    summary = f"{operation} {target[1]}" if target else operation
    told = {"db.system.name": "postgresql", "db.operation.name": operation, "db.query.text": statement[:TEXT_CHARS]}
    return summary, told
