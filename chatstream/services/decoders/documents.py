"""Answers that come as one JSON document, and the text inside any JSON; answers that are plain text."""

from __future__ import annotations

import codecs
import json
from collections.abc import Mapping, Sequence
from typing import Any

from chatstream.errors import UpstreamEmpty, UpstreamError, UpstreamInvalid, UpstreamTooLarge
from chatstream.services.decoders.answer_text import AnswerText

DOCUMENT_KEYS = ("output", "text", "response", "content", "message", "answer", "reply", "data")
EVENT_KEYS = (
    "content",
    "delta",
    "text",
    "output",
    *(key for key in DOCUMENT_KEYS if key not in ("content", "output", "text")),
)

MAX_DEPTH = 32
SAID = 2000  # characters of a workflow's own words that are worth keeping

_PART_TYPES = frozenset({"text", "output_text", "text_delta"})
_STARTED = "Workflow was started"

NO_TEXT_ADVICE = (
    "The workflow's answer has no text in a known field. Ask the admin of your team to return the text under "
    f"one of: {', '.join(DOCUMENT_KEYS)}."
)
STARTED_ADVICE = (
    "The workflow only said that it was started. Ask the admin of your team to change the webhook node's Respond "
    "setting from Immediately to Streaming, or to When Last Node Finishes."
)


def load(text: str) -> Any:
    """JSON to Python values. Raises UpstreamInvalid when it nests too deeply, ValueError when it is not JSON."""
    try:
        return json.loads(text)
    except RecursionError:
        raise UpstreamInvalid("The JSON is nested too deeply.") from None


def decode(data: bytes) -> str:
    """UTF-8 to text. Raises UpstreamInvalid."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise UpstreamInvalid(f"The answer is not UTF-8: {error.reason}.") from None


def text_of(value: Any, keys: Sequence[str] = DOCUMENT_KEYS, depth: int = 0) -> str | None:
    """The text inside a JSON value: "" where a known field is there but empty, None where there is no such field.

    ``keys``: the fields looked at, the first with text wins. OpenAI's shapes (``choices``, content parts) are known.
    Raises UpstreamInvalid for n8n's "Workflow was started", in whatever it is wrapped.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return json.dumps(value)
    if depth < MAX_DEPTH and isinstance(value, Mapping):
        return _text_of_object(value, keys, depth)
    if depth < MAX_DEPTH and isinstance(value, list):
        return _text_of_array(value, keys, depth)
    return None


def _text_of_object(value: Mapping[str, Any], keys: Sequence[str], depth: int) -> str | None:
    found = None
    for key in keys:
        if key not in value:
            continue
        text = text_of(value[key], keys, depth + 1)
        if key == "message" and text is not None and text.strip() == _STARTED:
            raise UpstreamInvalid(_STARTED, advice=STARTED_ADVICE)
        if text:
            return text
        if text is not None or value[key] is None:
            found = ""
    choices = value.get("choices")
    if isinstance(choices, list):
        first = choices[0] if choices and isinstance(choices[0], Mapping) else {}
        spoken = first.get("message") or first.get("delta") or first.get("text") or ""
        return text_of(spoken, EVENT_KEYS, depth + 1) or ""
    return found


def _text_of_array(value: list[Any], keys: Sequence[str], depth: int) -> str | None:
    if not value:
        return ""
    texts = [text for element in value if (text := text_of(element, keys, depth + 1)) is not None]
    if not texts:
        return None
    # The parts of one message belong together as they stand; the items of a workflow are answers of their own.
    in_parts = any(isinstance(element, Mapping) and element.get("type") in _PART_TYPES for element in value)
    return ("" if in_parts else "\n\n").join(text for text in texts if text)


def place_of_text(value: Any, keys: Sequence[str] = DOCUMENT_KEYS, depth: int = 0) -> str:
    """Where `text_of` finds its text, as ``data.output``; "" where that is not inside an object."""
    if depth >= MAX_DEPTH:
        return ""
    if isinstance(value, list):
        return next((place for element in value if (place := place_of_text(element, keys, depth + 1))), "")
    if not isinstance(value, Mapping):
        return ""
    for key in keys:
        if key in value and text_of(value[key], keys, depth + 1):
            return ".".join(filter(None, (key, place_of_text(value[key], keys, depth + 1))))
    return "choices" if value.get("choices") else ""


def complaint_of(value: Any) -> str | None:
    """What an ``{"error": …}`` object says, also as the first of an array; None where there is no error."""
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, Mapping) or not value.get("error"):
        return None
    return words_of(value["error"]) or "error"


def words_of(error: Any) -> str | None:
    """An error of any JSON type in a few words; None for null and empty ones."""
    if isinstance(error, Mapping):
        for key in ("message", "description", "content", "error"):
            if isinstance(error.get(key), str) and error[key]:
                return str(error[key])[:SAID]
    if not error:
        return None
    return error[:SAID] if isinstance(error, str) else json.dumps(error, ensure_ascii=False)[:SAID]


class PlainForm:
    """Plain text, given out as it comes. Raises UpstreamInvalid where it is not UTF-8."""

    def __init__(self, answer: AnswerText) -> None:
        self._answer = answer
        self._round = answer.new_round()
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def feed(self, data: bytes) -> None:
        self._say(data, final=False)

    def finish(self) -> None:
        self._say(b"", final=True)

    def _say(self, data: bytes, *, final: bool) -> None:
        try:
            text = self._decoder.decode(data, final)
        except UnicodeDecodeError as error:
            whole = error.object[: error.start]
            self._answer.say(whole.decode(), self._round)
            raise UpstreamInvalid(f"The answer is not UTF-8: {error.reason}.") from None
        self._answer.say(text, self._round)


class DocumentForm:
    """One JSON document, read when it is whole; kept within the caps as it arrives.

    What does not parse is an answer in plain text that only looked like JSON, unless ``strict`` (the workflow had
    said that it would be JSON). Raises UpstreamTooLarge, UpstreamInvalid, UpstreamEmpty, UpstreamError.
    """

    def __init__(self, answer: AnswerText, *, strict: bool, max_line: int, max_size: int) -> None:
        self._answer = answer
        self._strict = strict
        self._max_line = max_line
        self._max_size = max_size
        self._line = 0
        self._data = bytearray()

    def feed(self, data: bytes) -> None:
        first, *others = (len(line) for line in data.split(b"\n"))
        if max(self._line + first, *others, 0) > self._max_line:
            raise UpstreamTooLarge(f"A line has more than {self._max_line} bytes.")
        if len(self._data) + len(data) > self._max_size:
            raise UpstreamTooLarge(f"The answer has more than {self._max_size} bytes.")
        self._line = others[-1] if others else self._line + first
        self._data += data

    def finish(self) -> None:
        body = decode(bytes(self._data))
        try:
            text = self._text(load(body))
        except ValueError:
            if self._strict:
                raise UpstreamInvalid("The answer is said to be JSON and is not, or is cut off.") from None
            text = body
        self._answer.say(text, self._answer.new_round())

    @staticmethod
    def _text(document: Any) -> str:
        text = text_of(document)
        if text:
            return text
        complaint = complaint_of(document)
        if complaint is not None:
            raise UpstreamError(complaint)
        if text is None and document is not None:
            raise UpstreamInvalid("The answer is JSON without any text.", advice=NO_TEXT_ADVICE)
        raise UpstreamEmpty("The answer is JSON whose text is empty.")
