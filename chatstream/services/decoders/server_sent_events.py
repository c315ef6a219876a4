"""Answers as Server-Sent Events (WHATWG HTML, section 9.2), as OpenAI and many workflows send them.

sseclient-py parses the fields. It is only ever given whole events: left alone it would deliver a cut-off event as
if it were whole, and knows no bounds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sseclient import SSEClient

from chatstream.errors import UpstreamError, UpstreamInvalid, UpstreamTooLarge
from chatstream.services.decoders.answer_text import AnswerText
from chatstream.services.decoders.documents import EVENT_KEYS, complaint_of, load, text_of, words_of
from chatstream.services.decoders.lines import LineSplitter
from chatstream.services.decoders.n8n_lines import LINE_TYPES, Interpreter

DONE = "[DONE]"
_USED = (b"data", b"event")
# sseclient joins the data lines of an event one by one, in time of lines x bytes: 1e9 of it is about 0.1 s of CPU.
MAX_WORK = 1_000_000_000


class ServerSentEventsForm:
    """Collects lines to events and events to text. ``finished`` after ``data: [DONE]``.

    Raises UpstreamTooLarge (a line or an event over ``max_line`` bytes), UpstreamInvalid, UpstreamError.
    """

    def __init__(self, interpreter: Interpreter, answer: AnswerText, *, max_line: int) -> None:
        self.finished = False
        self._interpreter = interpreter
        self._answer = answer
        self._round = answer.new_round()
        self._max_line = max_line
        self._lines = LineSplitter(max_line)
        self._after_cr = False
        self._event: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> None:
        r"""Ends of lines: ``\n``, ``\r\n``, ``\r``. A ``\r`` ends its line at once, an ``\n`` after it is its part."""
        if self._after_cr and data.startswith(b"\n"):
            data = data[1:]
            self._after_cr = False
        if data:
            self._after_cr = data.endswith(b"\r")
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        for line in self._lines.feed(data):
            if line:
                self._keep(line)
            else:
                self._dispatch()
            if self.finished:
                return

    def finish(self) -> None:
        """The body has ended whole, so its last event needs no blank line behind it."""
        if self.finished:
            return
        line = self._lines.rest()
        if line:
            self._keep(line)
        self._dispatch()

    def _keep(self, line: bytes) -> None:
        if not line.startswith(_USED):
            return  # comments, ids and the like: a stream of them must not fill the memory
        self._event.append(line)
        self._size += len(line) + 1
        if self._size > self._max_line + 1 or self._size * len(self._event) > MAX_WORK:
            raise UpstreamTooLarge(f"An event has more than {self._max_line} bytes, or too many lines.")

    def _dispatch(self) -> None:
        if not self._event:
            return
        raw = b"\n".join((*self._event, b"", b""))
        self._event, self._size = [], 0
        try:
            events = list(SSEClient(iter((raw,))).events())
        except UnicodeDecodeError as error:
            raise UpstreamInvalid(f"An event is not UTF-8: {error.reason}.") from None
        for event in events:
            self._payload(event.event, event.data)

    def _payload(self, name: str, data: str) -> None:
        stripped = data.strip()
        if stripped == DONE:
            self.finished = True
            return
        try:
            value = load(stripped)
        except ValueError:
            if stripped.startswith(("{", "[")) and name != "error":
                raise UpstreamInvalid("An event's data looks like JSON and is not, or is cut off.") from None
            value = data
        if name == "error":
            raise UpstreamError(complaint_of(value) or words_of(value))
        if isinstance(value, dict):
            self._object(value)
        elif isinstance(value, str):
            self._answer.say(value, self._round)
        elif isinstance(value, list):
            self._answer.say(text_of(value, EVENT_KEYS) or "", self._round)
        elif value is not None:  # a number or a Boolean: a word of the text that happens to be JSON
            self._answer.say(data, self._round)

    def _object(self, value: Mapping[str, Any]) -> None:
        complaint = complaint_of(value)
        if complaint is not None:
            raise UpstreamError(complaint)
        kind = value.get("type")
        if isinstance(kind, str) and kind in LINE_TYPES:
            self._interpreter.take(value)
            return
        if isinstance(kind, str) and kind.startswith("response.") and kind != "response.output_text.delta":
            return  # OpenAI's Responses API sends the whole text again at its end
        text = text_of(value, EVENT_KEYS)
        if text is None:
            self._interpreter.unreadable = True
        self._answer.say(text or "", self._round)
