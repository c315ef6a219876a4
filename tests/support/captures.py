"""The answers recorded from a real n8n (tests/captures), and what must come of each."""

from __future__ import annotations

import http.client
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from tests.support.raw_server import Ends, Write

FOLDER = Path(__file__).parent.parent / "captures"

ANSWER = "Hello there, this is a fake model speaking to n8n one token at a time. Goodbye!"
UNICODE = 'Héllo 世界 🌍\n"quoted" back\\slash\n\n- item\t</script> data: x\r\n \u2028 **bold** `code` 1 2 3 end.'
BEGUN = "Hello there, this"


@dataclass(frozen=True, slots=True)
class Expected:
    """``terminal``: "complete" or a failure's code; ``text``: what is stored; ``replaced``: text was taken back."""

    terminal: str
    text: str
    replaced: bool = False


@dataclass(frozen=True, slots=True)
class Capture:
    """One recorded answer: ``writes`` as (seconds since the write before, bytes), and how the connection went on."""

    name: str
    writes: tuple[Write, ...]
    ends: Ends

    def scaled(self, factor: float) -> tuple[Write, ...]:
        """The writes with their pauses multiplied; 0: without pauses."""
        return tuple((pause * factor, data) for pause, data in self.writes)

    @property
    def bytes(self) -> bytes:
        """Everything that came, headers included."""
        return b"".join(data for _, data in self.writes)


EXPECTED: dict[str, Expected] = {
    "a1_gzip": Expected("complete", ANSWER),
    "a1_stream": Expected("complete", ANSWER),
    "a1_unicode": Expected("complete", UNICODE),
    "a2_responses": Expected("complete", ANSWER),
    "a3_agent_stream_off": Expected("upstream_empty", ""),
    "auth_wrong": Expected("upstream_refused", ""),
    "b1_tool": Expected("complete", "Let me compute" + ANSWER),
    "b2_two_agents": Expected("complete", ANSWER + ANSWER),
    "c10_stream_both": Expected("complete", ANSWER),
    "c13_last_nodata": Expected("upstream_empty", ""),
    "c1_last_first": Expected("complete", ANSWER),
    "c2_last_all": Expected("complete", ANSWER),
    "c3_onreceived": Expected("upstream_invalid", ""),
    "c4_resp_json": Expected("complete", ANSWER),
    "c5_resp_text": Expected("complete", ANSWER),
    "c8_stream_respond_text": Expected("complete", ANSWER),
    "c9_stream_respond_json": Expected("complete", "hi"),
    "d12_agent_retry_partial": Expected("upstream_error", "Hello there, this is", replaced=True),
    "d13_exec_timeout": Expected("upstream_error", BEGUN),
    "d17_error_then_continue": Expected("complete", ANSWER),
    "d1_port_closed": Expected("upstream_error", ""),
    "d1b_llm500": Expected("upstream_error", ""),
    "d1e_cut": Expected("upstream_error", "Hello there, this is"),
    "d9_throw_after_stream": Expected("upstream_error", ANSWER),
    "e1_chat_stream": Expected("complete", ANSWER),
    "f1_sse_text": Expected("complete", ANSWER),
    "f4_sse_proxy_binary": Expected("complete", ANSWER),
    "keepalive_gap70": Expected("complete", "Hello there, this is a fake model speaking to"),
    "n8n_sigkill_midstream": Expected("upstream_reset", BEGUN),
    "throw_last_prod": Expected("upstream_error", ""),
    "unknown_path_prod": Expected("upstream_not_found", ""),
}


def load(name: str) -> Capture:
    """One capture, by its name."""
    recorded = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    before = 0.0
    writes: list[Write] = []
    for ms, data in recorded["response"]:
        writes.append((max(ms - before, 0.0) / 1000, data.encode("latin-1")))
        before = ms
    return Capture(name, tuple(writes), cast(Ends, recorded["ends"]))


class _Wire:
    """As much of a socket as http.client needs."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def makefile(self, *_: object) -> io.BytesIO:
        return self._file


def body(capture: Capture) -> tuple[int, str, str, bytes, bool]:
    """Status, Content-Type, Content-Encoding and body of a capture, and whether the body came to its end."""
    answer = http.client.HTTPResponse(_Wire(capture.bytes))  # type: ignore[arg-type]
    answer.begin()
    received = b""
    whole = True
    try:
        while data := answer.read1(65536):
            received += data
    except http.client.IncompleteRead:
        whole = False
    return (
        answer.status,
        answer.getheader("Content-Type", ""),
        answer.getheader("Content-Encoding", ""),
        received,
        whole,
    )
