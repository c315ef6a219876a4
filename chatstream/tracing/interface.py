"""What is asked of traces. These classes are tracing that is switched off: they keep nothing and cost nothing.

A span is current in the greenlet that has entered ``current``; whatever begins there becomes its child. A greenlet does
not inherit it from the one that spawned it: a span is handed over by hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal

Kind = Literal["server", "client", "internal"]
Attributes = Mapping[str, object]
"""By name. None is left out; what is not a string, a number or a truth value is told as its text.

Ids, codes, counts and times; never a secret, never a message's text, never a path or a query.
"""

NOTHING: Attributes = {}


class Span:
    """One piece of work, from its beginning to its end."""

    def note(self, attributes: Attributes) -> None:
        """Say more of it."""

    def rename(self, name: str) -> None:
        """Call it by a name of few variants: no ids in it."""

    def event(self, name: str) -> None:
        """Something happened in it, now."""

    def end(self, attributes: Attributes = NOTHING, *, error: str | None = None) -> None:
        """It is over. ``error``: the code of what went wrong. Later ends change nothing."""

    @contextmanager
    def current(self) -> Iterator[None]:
        """Make it the parent of what begins in the block, in this greenlet."""
        yield

    def headers(self) -> dict[str, str]:
        """What tells another service of it (W3C Trace Context): ``traceparent``, and ``tracestate`` if there is one."""
        return {}


NO_SPAN = Span()


class Tracing:
    """Begins spans. One for each process."""

    is_on = False

    def begin(self, name: str, kind: Kind = "internal", attributes: Attributes = NOTHING) -> Span:  # noqa: ARG002
        """A span within the current one; the first of a trace where there is none."""
        return NO_SPAN

    def begin_request(self, name: str, headers: Mapping[str, str]) -> Span:  # noqa: ARG002
        """The span of a request that came from outside with these headers, their names in lower case."""
        return NO_SPAN

    def begin_within(self, name: str, kind: Kind, attributes: Attributes) -> Span | None:  # noqa: ARG002
        """A span within the current one; None where there is none that is kept."""
        return None

    def ids(self) -> dict[str, str]:
        """``trace_id`` and ``span_id`` of the current span, as log lines have them; nothing outside of one."""
        return {}

    def close(self, timeout: float) -> None:
        """Send what has ended, in ``timeout`` seconds at most. Nothing is kept afterwards."""

    def reaches_collector(self) -> bool:
        """Whether the collector takes what it is sent; waits for it."""
        return False


OFF = Tracing()
