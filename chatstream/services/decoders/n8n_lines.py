"""n8n's streaming: one JSON object a line. Format as recorded from n8n 2.41 (tests/captures).

::

    {"type":"begin","metadata":{"nodeId","nodeName","itemIndex","runIndex","timestamp"}}
    {"type":"item","content":"Hello","metadata":{…}}
    {"type":"end","metadata":{…}}
    {"type":"error","content":"why","metadata":{…}}      content may be missing or null
    {"type":"keepalive"}                                 each 30 s, no metadata
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import orjson

from chatstream.errors import UpstreamError, UpstreamInvalid
from chatstream.services.decoders.answer_text import AnswerText, Round
from chatstream.services.decoders.documents import decode, load, text_of, words_of
from chatstream.services.decoders.lines import LineSplitter

LINE_TYPES = frozenset({"begin", "item", "end", "error", "keepalive"})

BlockKey = tuple[str, int, int]
MOST = 1 << 31
"""Of an index: beyond it, it is not one."""


class Interpreter:
    """What n8n's objects mean, one after the other, whatever they were wrapped in.

    A node may speak several times (begin, items, end; then again): each is a `Round`. A second `begin` in a round
    that has not ended is a retry of the node: what the round said is taken back.
    An `error` is provisional, as a later node may go on; ``failing`` until something does.
    """

    def __init__(self, answer: AnswerText) -> None:
        self.failing = False
        self.keepalives_seen = False
        self.unreadable = False
        self._answer = answer
        self._open: dict[BlockKey, Round] = {}
        self._failed_node = ""
        self._said: str | None = None

    def failure(self) -> UpstreamError:
        """The error that is pending."""
        return UpstreamError(self._said)

    def take(self, line: Mapping[str, Any]) -> None:
        """One object. Unknown types are passed over. Raises what `AnswerText` raises; UpstreamInvalid."""
        kind = line.get("type")
        if kind == "item":
            self.failing = False
            self._item(line.get("content"), _key(line))
        elif kind == "begin":
            self.failing = False
            self._begin(_key(line))
        elif kind == "end":
            self._end(_key(line))
        elif kind == "error":
            self.failing = True
            self._failed_node = _key(line)[0]
            self._said = words_of(line.get("content")) or words_of(line.get("message"))
        elif kind == "keepalive":
            self.keepalives_seen = True

    def _begin(self, key: BlockKey) -> None:
        unended = self._open.get(key)
        self._open[key] = self._answer.new_round()
        if unended is not None:
            self._answer.take_back(unended)

    def _end(self, key: BlockKey) -> None:
        self._open.pop(key, None)
        if key[0] != self._failed_node:
            self.failing = False

    def _item(self, content: Any, key: BlockKey) -> None:
        round_ = self._open.get(key)
        if round_ is None:
            round_ = self._open[key] = self._answer.new_round()
        if isinstance(content, str):
            text = content if round_.started else self._first(content)
        else:
            text = self._unwrapped(content)
        if content != "":
            round_.started = True
        self._answer.say(text, round_)

    def _unwrapped(self, content: Any) -> str:
        text = text_of(content)
        if text is None and content is not None:
            self.unreadable = True
        return text or ""

    def _first(self, content: str) -> str:
        """A Respond node sends its JSON as a string, in one item, often what the agent has streamed already."""
        text = text_of_json(content)
        if text is None:
            return content
        return "" if self._answer.repeats(text) else text


def text_of_json(content: str) -> str | None:
    """The text of the object, or array of objects, that ``content`` is the JSON of; None where it is neither."""
    stripped = content.strip()
    if not (stripped.startswith(("{", "[")) and stripped.endswith(("}", "]"))):
        return None
    try:
        value = json.loads(stripped)
    except (ValueError, RecursionError):
        return None
    if isinstance(value, list) and not any(isinstance(element, dict) for element in value):
        return None
    return text_of(value)


class LinesForm:
    """Splits, parses and interprets. Raises UpstreamInvalid for a line that is not JSON, UpstreamTooLarge."""

    def __init__(self, interpreter: Interpreter, *, max_line: int) -> None:
        self._interpreter = interpreter
        self._lines = LineSplitter(max_line)

    def feed(self, data: bytes) -> None:
        for line in self._lines.feed(data):
            self._take(line)

    def finish(self) -> None:
        self._take(self._lines.rest())

    def _take(self, line: bytes) -> None:
        if not line or line.isspace():
            return
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError:
            value = self._lenient(line)
        if isinstance(value, dict):
            self._interpreter.take(value)

    @staticmethod
    def _lenient(line: bytes) -> Any:
        """Half a surrogate pair is no text for orjson; n8n writes such lines."""
        try:
            return load(decode(line))
        except ValueError:
            raise UpstreamInvalid("A line of the stream is not JSON.") from None


def _key(line: Mapping[str, Any]) -> BlockKey:
    """The block that a line belongs to; short whatever was sent, as one is kept for each block."""
    metadata = line.get("metadata")
    if not isinstance(metadata, dict):
        return "", 0, 0
    node = metadata.get("nodeId") or metadata.get("nodeName") or ""
    run, item = metadata.get("runIndex"), metadata.get("itemIndex")
    if type(node) is str and type(run) is int and type(item) is int and 0 <= run < MOST and 0 <= item < MOST:
        return node[:200], run, item
    return str(node)[:200], _index(run), _index(item)


def _index(value: Any) -> int:
    return value if isinstance(value, int) and 0 <= value < MOST else 0
