"""Where rate limits are counted in a worker without Redis.

`limits` looks for what has expired a hundredth of a second after a hit, in a thread of its own and at everybody who is
counted: under load most of a worker, once some thousand people have sent something within the last minute. Here each
hit looks at a few others, by turns.
"""

from __future__ import annotations

import time
from typing import Any, Final

from limits.storage import MemoryStorage

SCHEME: Final = "chatstream-memory"
LOOKED_AT: Final = 4
"""Keys for each hit: more than one, so that they do not become ever more."""


class HitCounts(MemoryStorage):
    """`limits`' counts in memory, without its timer."""

    STORAGE_SCHEME = [SCHEME]

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **options: Any) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions, **options)
        self.timer.cancel()
        self._to_look_at: list[str] = []

    def _MemoryStorage__schedule_expiry(self) -> None:  # noqa: N802 - what the library calls at each hit
        """Look at a few keys, and begin anew when all have had their turn."""
        now = time.time()
        for _ in range(LOOKED_AT):
            if not self._to_look_at:
                self._to_look_at = [*self.events, *self.expirations]
            if self._to_look_at:
                self._look_at(self._to_look_at.pop(), now)

    def _look_at(self, key: str, now: float) -> None:
        """Forget the hits of a key that have expired, and the key with the last of them."""
        with self.locks[key]:
            if (hits := self.events.get(key)) is not None:
                while hits and hits[-1].expiry <= now:
                    hits.pop()
                if not hits:
                    del self.events[key]
            if self.expirations.get(key, now + 1) <= now:
                self.storage.pop(key, None)
                del self.expirations[key]
            if key not in self.events and key not in self.expirations:
                self.locks.pop(key, None)
