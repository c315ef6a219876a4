"""The numbered events of one generation, and whoever follows them in the owner's process."""

from __future__ import annotations

from collections.abc import Generator

from gevent.event import Event as Flag

from chatstream.services import sse
from chatstream.services.events import Event
from chatstream.services.shared_log import Batch

KEEP_ALIVE_S = 15.0


class EventLog:
    """Events in memory, numbered from 1 without a gap. Any number of greenlets follow; none of them slows the writer.

    A frame is encoded once, however many follow it.
    """

    def __init__(self, generation_id: str) -> None:
        self.generation_id = generation_id
        self._payloads: list[str] = []
        self._frames: list[bytes] = []
        self._closed = False
        self._shared = 0
        self._shared_end = False
        self._followers: set[Flag] = set()

    def append(self, event: Event) -> int:
        """Add an event; returns its number. Followers see it when the writer next waits for something."""
        number = len(self._frames) + 1
        payload = sse.payload(event)
        self._payloads.append(payload)
        self._frames.append(sse.frame(self.generation_id, number, payload))
        self._wake()
        return number

    def close(self) -> None:
        """No further events: followers end after the last one."""
        self._closed = True
        self._wake()

    def follow(self, after: int = 0, *, keep_alive_s: float = KEEP_ALIVE_S) -> Generator[bytes, None, None]:
        """Yield the frames after number ``after`` to the end, and a comment after each ``keep_alive_s`` of silence.

        All frames that have come since the last yield go out as one piece, so that a slow reader costs fewer writes and
        not more memory.
        """
        woken = Flag()
        self._followers.add(woken)
        position = after
        try:
            while True:
                if position < len(self._frames):
                    batch = self._frames[position:]
                    position += len(batch)
                    yield b"".join(batch)
                elif self._closed:
                    return
                else:
                    woken.clear()
                    if not woken.wait(keep_alive_s):
                        yield sse.KEEP_ALIVE
        finally:
            self._followers.discard(woken)

    def unshared(self) -> Batch | None:
        """What the shared log does not have yet; None when it has everything."""
        if self._shared == len(self._frames) and self._shared_end == self._closed:
            return None
        return Batch(
            generation_id=self.generation_id,
            first=self._shared + 1,
            payloads=tuple(self._payloads[self._shared :]),
            is_last=self._closed,
        )

    def mark_shared(self, batch: Batch) -> None:
        """The shared log has taken ``batch``."""
        self._shared = batch.first + len(batch.payloads) - 1
        self._shared_end = batch.is_last

    @property
    def fully_shared(self) -> bool:
        """Whether the shared log has it to its end."""
        return self._shared_end

    def _wake(self) -> None:
        for follower in self._followers:
            follower.set()
