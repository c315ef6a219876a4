"""What a shared log is to those that use it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

KEPT_S = 300
"""How long the events of an ended answer can be followed."""


class SharedLogUnavailable(Exception):
    """The log's store does not answer; the same call may succeed later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Events of one generation that were written at once: JSON payloads, numbered from ``first``.

    ``is_last``: the log is closed after them. ``payloads`` may then be empty.
    """

    generation_id: str
    first: int
    payloads: tuple[str, ...]
    is_last: bool

    @property
    def end(self) -> int:
        """The number of the last event in it; ``first - 1`` where it has none."""
        return self.first + len(self.payloads) - 1


def until_closed(batches: Iterable[Batch], *, after: int) -> list[Batch]:
    """Those with events numbered over ``after``, and the closing one; what was written behind it does not count.

    A worker that was taken for dead, and is not, goes on writing for a moment to a log that has been closed over it.
    """
    found = []
    for batch in batches:
        if batch.end > after or batch.is_last:
            found.append(batch)
        if batch.is_last:
            break
    return found


class SharedLog(Protocol):
    """Batches by generation. Called inside an application context; no method holds a connection afterwards.

    Each raises SharedLogUnavailable when the store does not answer. ``name``: which store that is.
    """

    name: Literal["postgresql", "redis"]

    def write(self, batches: Sequence[Batch]) -> None:
        """Keep the batches of many generations, in one round trip, and wake those that listen.

        A batch that was written before, under the same generation and number, is replaced: its receipt may have been
        lost, and the repeated one may hold more. A closed log takes nothing more. Batches of generations that are gone
        are passed over. A store that has lost what was written before may say so: the write then fails as if the store
        did not answer.
        """

    def reach(self, generation_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
        """How far each log goes: the number of its last event, 0 where it has none. One round trip.

        Asked when the store is back: it may have lost what it had taken.
        """

    def read_many(self, places: Mapping[uuid.UUID, int]) -> dict[uuid.UUID, list[Batch]]:
        """For each generation the batches with events numbered over its ``after``, in order, in one round trip.

        The closing one is there also when it has none.
        """

    def read(self, generation_id: uuid.UUID, *, after: int) -> list[Batch]:
        """What ``read_many`` finds of one generation."""
        return self.read_many({generation_id: after})[generation_id]

    def sweep(self) -> int:
        """Delete what ended more than KEPT_S ago; returns how many batches (0 where the store does it by itself)."""

    def listen(self, wake: Callable[[uuid.UUID | None], None]) -> None:
        """Call ``wake`` for ever with each generation whose log has grown, with None when some may have been missed.

        Runs in a greenlet of its own; returns at once where the words come another way (services/signals.py).
        """
