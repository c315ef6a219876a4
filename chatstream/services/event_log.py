"""The numbered events of one generation, and whoever follows them in the owner's process."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable

from gevent import get_hub, getcurrent
from gevent.hub import Waiter

from chatstream.services import sse
from chatstream.services.alarm import Alarm
from chatstream.services.events import Event, Text
from chatstream.services.shared_log import Batch

KEEP_ALIVE_S = 15.0

FINE_EVENTS = 20_000
"""So many events are told piece by piece. Later pieces are put together, so that an answer of millions of tiny ones
takes no more memory than its size explains."""
COARSE_CHARS = 512


class EventLog:
    """Events in memory, numbered from 1 without a gap. Any number of greenlets follow; none of them slows the writer.

    A frame is encoded once, however many follow it.
    """

    def __init__(self, generation_id: str) -> None:
        self.generation_id = generation_id
        self._pending: list[str] = []
        self._pending_chars = 0
        self._frames: list[bytes] = []
        self._closed = False
        self._shared = 0
        self._shared_end = False
        self._waiting: set[Waiter[None]] = set()

    def append(self, event: Event) -> None:
        """Add an event; see `extend`."""
        if self._add(event):
            self._wake()

    def extend(self, events: Iterable[Event]) -> None:
        """Add events. Those that follow get them together: at once where this is called in the loop, else soon."""
        if sum(map(self._add, events)):
            self._wake()

    def settle(self) -> None:
        """Tell what was held back to be put together; called now and then, and before anything else is told."""
        if self._pending:
            self._tell_held()
            self._wake()

    def close(self) -> None:
        """No further events: followers end after the last one."""
        self.settle()
        self._closed = True
        self._wake()

    def follow(self, after: int = 0, *, keep_alive_s: float = KEEP_ALIVE_S) -> Generator[bytes, None, None]:
        """Yield the frames after number ``after`` to the end, and a comment after each ``keep_alive_s`` of silence.

        All frames that have come since the last yield go out as one piece, so that a slow reader costs fewer writes and
        not more memory.
        """
        waiter: Waiter[None] = Waiter()
        silence = Alarm(lambda: waiter.switch(None))
        position = after
        try:
            while True:
                behind = len(self._frames) - position
                if behind > 0:
                    position += behind
                    yield self._frames[-1] if behind == 1 else b"".join(self._frames[-behind:])
                elif self._closed:
                    return
                else:
                    waiter.clear()
                    self._waiting.add(waiter)
                    due = time.monotonic() + keep_alive_s
                    silence.set(due)
                    waiter.get()
                    if position == len(self._frames) and not self._closed and time.monotonic() >= due:
                        yield sse.KEEP_ALIVE
        finally:
            silence.close()
            self._waiting.discard(waiter)

    @property
    def end(self) -> int:
        """The number of the last event; 0 where there is none."""
        return len(self._frames)

    def unshared(self, limit: int) -> Batch | None:
        """The next that the shared log does not have yet: frames of ``limit`` bytes, or one that is longer.

        None when it has everything.
        """
        if self._shared == len(self._frames) and self._shared_end == self._closed:
            return None
        end = self._shared
        while end < len(self._frames) and (end == self._shared or limit >= len(self._frames[end])):
            limit -= len(self._frames[end])
            end += 1
        return Batch(
            generation_id=self.generation_id,
            first=self._shared + 1,
            payloads=tuple(map(sse.payload_in, self._frames[self._shared : end])),
            is_last=self._closed and end == len(self._frames),
        )

    def mark_shared(self, batch: Batch) -> None:
        """The shared log has taken ``batch``."""
        self._shared = batch.end
        self._shared_end = batch.is_last

    def share_again(self, after: int) -> None:
        """The shared log has nothing behind number ``after``, whatever it had taken."""
        self._shared = min(after, len(self._frames))
        self._shared_end = False

    @property
    def fully_shared(self) -> bool:
        """Whether the shared log has it to its end."""
        return self._shared_end

    def _add(self, event: Event) -> bool:
        """Whether there is something to tell: a short text may be held back, to be told with others (see `settle`)."""
        if len(self._frames) >= FINE_EVENTS and isinstance(event, Text):
            self._pending.append(event.content)
            self._pending_chars += len(event.content)
            if self._pending_chars < COARSE_CHARS:
                return False
            self._tell_held()
        else:
            if self._pending:
                self._tell_held()
            self._tell(event)
        return True

    def _tell_held(self) -> None:
        text = Text("".join(self._pending))
        self._pending.clear()
        self._pending_chars = 0
        self._tell(text)

    def _tell(self, event: Event) -> None:
        self._frames.append(sse.frame(self.generation_id, len(self._frames) + 1, sse.payload(event)))

    def _wake(self) -> None:
        """Let those that wait go on: at once in the loop, where nobody else is at work, and else soon."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, set()
        hub = get_hub()
        is_loop = getcurrent() is hub
        for waiter in waiting:
            if is_loop:
                waiter.switch(None)
            else:
                hub.loop.run_callback(waiter.switch, None)
