"""Tells the form of an answer by what arrives, and judges its end."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Literal, Protocol

from chatstream.errors import UpstreamEmpty, UpstreamError, UpstreamInvalid, UpstreamTooLarge
from chatstream.services.decoders.answer_text import AnswerText, Piece
from chatstream.services.decoders.documents import NO_TEXT_ADVICE, DocumentForm, PlainForm
from chatstream.services.decoders.n8n_lines import LINE_TYPES, Interpreter, LinesForm
from chatstream.services.decoders.server_sent_events import DONE, ServerSentEventsForm

FormName = Literal["n8n_lines", "server_sent_events", "json", "text"]

BOM = b"\xef\xbb\xbf"
HTML = (b"<!doctype html", b"<html")
FIELDS = (b"data:", b"event:", b"id:", b"retry:", b":")
MAX_RAW = 256  # times the answer's cap: far above n8n's own overhead, and an end to an endless stream of nothing

HTML_ADVICE = (
    "A web page came instead of an answer. Ask the admin of your team to check the webhook address: it may belong to "
    "a sign-in page or to a proxy."
)

_NOT_BLANK = re.compile(rb"[^ \t\r\n]")
_LINE_END = re.compile(rb"[\r\n]")


class Form(Protocol):
    """One way in which answers are written."""

    def feed(self, data: bytes) -> None:
        """The answer has the text that ``data`` completes."""

    def finish(self) -> None:
        """The answer has the text that the end of the body completes."""


class AnswerDecoder:
    """Bytes of a body, in whatever pieces they come, to the pieces of its text: `feed`, then take what is `given`.

    ``content_type`` only settles what the bytes leave open. ``max_line`` bounds a line (or an event) in bytes,
    ``max_answer`` the text in bytes of UTF-8. The `Text` pieces since the last `Replace`, joined to it, are the answer.
    """

    def __init__(self, content_type: str = "", *, max_line: int = 1 << 20, max_answer: int = 4 << 20) -> None:
        media_type = content_type.partition(";")[0].strip().lower()
        self._is_text = media_type in ("text/plain", "text/html")
        self._is_json = media_type == "application/json" or media_type.endswith("+json")
        self._max_line = max_line
        self._max_answer = max_answer
        self._answer = AnswerText(max_answer)
        self._interpreter = Interpreter(self._answer)
        self._form: Form | None = None
        self._events: ServerSentEventsForm | None = None
        self.form_name: FormName | None = None
        self._raw_left = MAX_RAW * max_answer
        # Until the form is known: all that came, where its first word is, and how far it was looked through.
        self._held = bytearray()
        self._past_bom = False
        self._start = 0
        self._scanned = 0
        self._searched = 0
        self._first_line_end = -1

    @property
    def finished(self) -> bool:
        """The answer has said its own end (``[DONE]``): nothing more need be read."""
        return self._events is not None and self._events.finished

    @property
    def failing(self) -> bool:
        """An `error` line is pending; some seconds of silence make it final."""
        return self._interpreter.failing

    @property
    def keepalives_seen(self) -> bool:
        """n8n sends keep-alives here, so their absence means something."""
        return self._interpreter.keepalives_seen

    def failure(self) -> UpstreamError:
        """The pending error, once the silence after it has been long enough."""
        return self._interpreter.failure()

    def given(self) -> Sequence[Piece]:
        """The pieces that have come since the last call, also those before a failure."""
        return self._answer.given()

    def feed(self, data: bytes) -> None:
        """More of the body. Raises UpstreamInvalid, UpstreamTooLarge, UpstreamError (the workflow says so)."""
        if self.finished:
            return
        self._raw_left -= len(data)
        if self._raw_left < 0:
            raise UpstreamTooLarge(f"The body has more than {MAX_RAW * self._max_answer} bytes.")
        if self._form is None:
            self._held += data
            self._form = self._tell(at_end=False)
            if self._form is None:
                return
            data = bytes(self._held)
            self._held.clear()
        self._form.feed(data)

    def finish(self) -> None:
        """The body has ended whole.

        Raises UpstreamEmpty where there was no text (or a body of white space only), UpstreamInvalid,
        UpstreamTooLarge, and UpstreamError where an `error` line had the last word.
        """
        if self._form is None:
            self._form = self._tell(at_end=True)
            if self._form is not None:
                self._form.feed(bytes(self._held))
        if self._form is not None:
            self._form.finish()
        self._answer.finish()
        if self.failing:
            raise self.failure()
        if not self._answer.is_empty:
            return
        if self._interpreter.unreadable:
            raise UpstreamInvalid("The answer has objects, and none with text.", advice=NO_TEXT_ADVICE)
        raise UpstreamEmpty

    def _tell(self, *, at_end: bool) -> Form | None:
        """The form of what is held; None while it may still be one or another."""
        if not self._past_bom and not self._strip_bom(at_end):
            return None
        word = _NOT_BLANK.search(self._held, self._start)
        if word is None:
            self._start = len(self._held)
            self._bound()
            return None
        self._start = word.start()
        self._scanned = max(self._scanned, self._start)
        first = word[0]
        if first == b"{":
            name = self._tell_object(at_end)
        elif first in (b"[", b'"'):
            name = "json"
        elif first == b"<":
            name = self._tell_markup(at_end)
        else:
            name = self._tell_words(at_end)
        if name is None:
            self._bound()
            return None
        return self._make(name)

    def _strip_bom(self, at_end: bool) -> bool:
        if not at_end and len(self._held) < len(BOM) and BOM.startswith(self._held):
            return False
        if self._held.startswith(BOM):
            del self._held[: len(BOM)]
        self._past_bom = True
        return True

    def _bound(self) -> None:
        if len(self._held) > 2 * self._max_line or (self._first_line_end < 0 and len(self._held) > self._max_line):
            raise UpstreamTooLarge(f"A line has more than {self._max_line} bytes.")

    def _tell_object(self, at_end: bool) -> FormName | None:
        """A line that is an object with one of n8n's types; with another type, a second object has to follow it."""
        if self._first_line_end < 0:
            end = self._line_end(at_end)
            if end < 0:
                return None
            kind = _type_of(self._held[self._start : end])
            if kind is None or kind in LINE_TYPES:
                return "json" if kind is None else "n8n_lines"
            self._first_line_end = self._scanned = end
        second = _NOT_BLANK.search(self._held, self._scanned)
        if second is None:
            self._scanned = len(self._held)
            return "json" if at_end else None
        if second[0] != b"{":
            return "json"
        self._scanned = second.start()
        end = self._held.find(b"\n", max(self._scanned, self._searched))
        self._searched = len(self._held)
        if end < 0 and not at_end:
            return None
        return "n8n_lines" if _object(self._held[second.start() : end if end >= 0 else None]) else "json"

    def _line_end(self, at_end: bool) -> int:
        """Where the line that starts at the first word ends; -1 while that is not known."""
        end = self._held.find(b"\n", self._scanned)
        self._scanned = len(self._held)
        return len(self._held) if end < 0 and at_end else end

    def _tell_markup(self, at_end: bool) -> FormName | None:
        seen = bytes(self._held[self._start : self._start + len(HTML[0])]).lower()
        if seen.startswith(HTML):
            raise UpstreamInvalid("The answer is an HTML page.", advice=HTML_ADVICE)
        if not at_end and any(opening.startswith(seen) for opening in HTML):
            return None
        return "text"

    def _tell_words(self, at_end: bool) -> FormName | None:
        seen = bytes(self._held[self._start : self._start + len(b"event:")])
        fields = FIELDS[:1] if self._is_text else FIELDS
        if seen.startswith(fields):
            return self._tell_data(at_end) if self._is_text else "server_sent_events"
        if not at_end and any(field.startswith(seen) for field in fields):
            return None
        if self._is_json and b"null".startswith(seen.rstrip()):
            if not at_end:
                return None
            return "json" if seen.rstrip() == b"null" else "text"
        return "text"

    def _tell_data(self, at_end: bool) -> FormName | None:
        """`data:` in what calls itself text: an event only where an object or [DONE] fills the line."""
        begin = self._start + len(FIELDS[0])
        payload = _NOT_BLANK.search(self._held, max(begin, self._searched))
        self._searched = payload.start() if payload else len(self._held)
        if payload is not None and payload[0] not in (b"{", b"["):
            return "text"
        end = _LINE_END.search(self._held, max(begin, self._scanned))
        self._scanned = len(self._held)
        if end is None and not at_end:
            return None
        line = bytes(self._held[begin : end.start() if end else None]).strip()
        return "server_sent_events" if line == DONE.encode() or _object(line) is not None else "text"

    def _make(self, name: FormName) -> Form:
        self.form_name = name
        if name == "n8n_lines":
            return LinesForm(self._interpreter, max_line=self._max_line)
        if name == "server_sent_events":
            del self._held[: self._start]  # blank lines; a blank before the first field would spoil it
            self._events = ServerSentEventsForm(self._interpreter, self._answer, max_line=self._max_line)
            return self._events
        if name == "json":
            size, line = self._max_answer, self._max_line
            return DocumentForm(self._answer, strict=self._is_json, max_line=line, max_size=size)
        return PlainForm(self._answer)


def _object(line: bytes | bytearray) -> dict[str, Any] | None:
    try:
        value = json.loads(line.decode())
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _type_of(line: bytes | bytearray) -> str | None:
    """The string under ``type`` of the object that the line is; None where it is none or has none."""
    kind = (_object(line) or {}).get("type")
    return kind if isinstance(kind, str) else None
