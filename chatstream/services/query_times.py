"""How long statements take."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Engine, event

from chatstream.metrics import instruments


def observe(engine: Engine) -> None:
    """Count what ``engine`` sends from now on."""
    event.listen(engine, "before_cursor_execute", _before)
    event.listen(engine, "after_cursor_execute", _after)


def _before(_connection: Any, _cursor: Any, _statement: str, _parameters: Any, context: Any, _many: bool) -> None:
    context.sent_at = time.perf_counter()


def _after(_connection: Any, _cursor: Any, _statement: str, _parameters: Any, context: Any, _many: bool) -> None:
    instruments.DB_QUERY_DURATION.observe(time.perf_counter() - context.sent_at)
