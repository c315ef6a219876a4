"""Reading our streams strictly: what is not exactly a frame of the contract fails."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

import requests

_FRAME = re.compile(rb"id: ([0-9a-f-]{36}):(\d+)\ndata: (\{[ -~]*\})")


@dataclass
class Stream:
    """The frames of one answer."""

    generation_id: str = ""
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    keep_alives: int = 0
    rest: bytes = b""

    def feed(self, data: bytes) -> None:
        """Take the next bytes. AssertionError for anything that is not a frame, or has a gap in its numbers."""
        *whole, self.rest = (self.rest + data).split(b"\n\n")
        for block in whole:
            if block == b": keep-alive":
                self.keep_alives += 1
                continue
            match = _FRAME.fullmatch(block)
            assert match, f"not a frame: {block!r}"
            generation_id, number = match[1].decode(), int(match[2])
            assert generation_id == (self.generation_id or generation_id)
            self.generation_id = generation_id
            payload = json.loads(match[3])
            assert set(payload) == {"type", "data"}
            self.events.append((payload["type"], payload["data"]))
            assert number == len(self.events), "frame numbers have a gap"

    @property
    def text(self) -> str:
        """The answer as a client puts it together."""
        pieces: list[str] = []
        for kind, data in self.events:
            if kind == "message":
                assert data["content"], "an empty message frame"
                pieces.append(data["content"])
            elif kind == "replace":
                pieces = [data["content"]]
        return "".join(pieces)

    @property
    def types(self) -> list[str]:
        """The types of all frames, in order."""
        return [kind for kind, _ in self.events]

    @property
    def end(self) -> tuple[str, dict[str, Any]]:
        """The last frame."""
        return self.events[-1]


def read(response: requests.Response, seen: Stream | None = None) -> Stream:
    """Read a stream to its end; ``seen`` is what the client had before."""
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"] == "text/event-stream"
    stream = seen or Stream()
    for chunk in response.iter_content(None):
        stream.feed(chunk)
    assert stream.rest == b"", "the stream ended within a frame"
    assert response.headers["X-Generation-ID"] == stream.generation_id
    return stream
