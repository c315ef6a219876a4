"""What a caller asked the simulator to do: options from the query string and from a ``/sim`` line of the message.

Nothing here knows of sockets. Times are kept in seconds although callers give milliseconds.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

FORMATS = ("lines", "sse", "openai", "json", "text", "json_array", "respond_json", "started")
STREAMED_FORMATS = ("lines", "sse", "openai", "respond_json")

# fail=NAME that is nothing but a status
STATUS_FAILURES = {"refused": 403, "not_found": 404, "rate_limited": 429, "error_500": 500}
# Told in n8n's own lines, so they make no sense in another form.
LINE_FAILURES = (
    "begin_only",
    "error_line",
    "error_after",
    "error_hang",
    "garbage",
    "gzip_bomb",
    "retry",
    "continue",
    "two_agents",
    "tool",
)
# Possible in any form that has a body.
ANY_FAILURES = (
    "unreachable",
    "empty",
    "started",
    "cut",
    "reset",
    "bad_utf8",
    "hang",
    "hang_headers",
    "drip",
    "long_line",
    "huge",
)
FAILURES = (*STATUS_FAILURES, *ANY_FAILURES, *LINE_FAILURES)

REDIRECTS = (301, 302, 303, 307, 308)
MIB = 1 << 20
MAX_TOKENS = 1_000_000
MAX_BYTES = 1024 * MIB
MAX_MS = 3_600_000.0
DEFAULT_DELAY_S = 0.025
DEFAULT_BYTES = {"long_line": 2 * MIB, "huge": 10 * MIB, "gzip_bomb": 100 * MIB}

_STEERING = re.compile(r"^[ \t]*/sim(?!\S)(.*)$", re.MULTILINE)


class BadOption(ValueError):
    """An option is unknown or has a value that is not allowed; the text is a sentence for the caller."""


@dataclass(frozen=True, slots=True)
class Options:
    """One answer's behaviour. ``None`` means not asked for."""

    form: str = "lines"
    tokens: int | None = None  # exactly so many items
    delay_s: float | None = None  # between two items, see `pace_s`
    first_delay_s: float = 0.0  # before the first item
    echo: bool = False
    piece: int = 8  # characters, or UTF-16 units with split=utf16
    split: str = "characters"
    keepalive_s: float | None = None  # between keep-alives
    gzip: bool = False
    status: int | None = None
    location: str = "/webhook/redirected"
    fail: str | None = None
    after: int = 5  # items before the failure
    half: bool = False  # half of the next line before a cut or a reset
    asked_bytes: int | None = None  # see `size`
    drip_s: float = 0.5  # for a byte
    field: str | None = None  # where sse, json and json_array put the text
    error_text: str = "fake failure 500"

    @property
    def pace_s(self) -> float:
        """Seconds between two items. The big answers are flat out unless told otherwise."""
        if self.delay_s is not None:
            return self.delay_s
        return 0.0 if self.fail in DEFAULT_BYTES else DEFAULT_DELAY_S

    @property
    def size(self) -> int:
        """Bytes of text in long_line and huge, bytes unpacked in gzip_bomb."""
        return self.asked_bytes if self.asked_bytes is not None else DEFAULT_BYTES.get(self.fail or "", 0)


def _number(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
            raise ValueError(f"a whole number from {low} to {high}")
        return int(text)

    return parse


def _seconds(text: str) -> float:
    """Milliseconds as given to seconds as kept."""
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", text) or float(text) > MAX_MS:
        raise ValueError(f"a number of milliseconds from 0 to {MAX_MS:.0f}")
    return float(text) / 1000


def _positive_seconds(text: str) -> float:
    value = _seconds(text)
    if value < 0.001:
        raise ValueError(f"a number of milliseconds from 1 to {MAX_MS:.0f}")
    return value


def _one_of(*allowed: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError("one of " + ", ".join(allowed))
        return text

    return parse


def _switch(text: str) -> bool:
    return _one_of("0", "1")(text) == "1"


def _status(text: str) -> int:
    if not (text.isascii() and text.isdigit() and (int(text) in REDIRECTS or 400 <= int(text) <= 599)):
        raise ValueError("301, 302, 303, 307, 308 or 400 to 599")
    return int(text)


def _matching(pattern: str, meaning: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(meaning)
        return text

    return parse


# option: the attribute of Options, and what makes its value
_PARSERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "format": ("form", _one_of(*FORMATS)),
    "tokens": ("tokens", _number(0, MAX_TOKENS)),
    "delay_ms": ("delay_s", _seconds),
    "first_delay_ms": ("first_delay_s", _seconds),
    "echo": ("echo", _switch),
    "piece": ("piece", _number(1, MAX_TOKENS)),
    "split": ("split", _one_of("characters", "utf16")),
    "keepalive_ms": ("keepalive_s", _positive_seconds),
    "gzip": ("gzip", _switch),
    "status": ("status", _status),
    # No control characters: it goes into a header.
    "location": ("location", _matching(r"[!-~]{1,2000}", "an address of visible ASCII characters")),
    "fail": ("fail", _one_of(*FAILURES)),
    "after": ("after", _number(0, MAX_TOKENS)),
    "half": ("half", _switch),
    "bytes": ("asked_bytes", _number(1, MAX_BYTES)),
    "drip_ms": ("drip_s", _positive_seconds),
    "field": ("field", _matching(r"[A-Za-z_][A-Za-z0-9_]{0,63}", "a field name")),
    "error_text": ("error_text", _matching(r"(?s).{0,2000}", "at most 2000 characters")),
}
OPTION_NAMES = tuple(_PARSERS)


def parse_options(query: str, message: str, scenario: str | None = None) -> Options:
    """Options of a call, or BadOption.

    ``query`` is the raw query string, ``message`` the user's last message, ``scenario`` the name from the path
    ``/webhook/scenario/<name>``. The query wins over the path, the path over the message. A query with ``echo=1``
    makes the message mere text: whatever it says comes back, ``/sim`` lines included.
    """
    asked = dict(parse_qsl(query, keep_blank_values=True, errors="replace"))
    steering = {} if asked.get("echo") == "1" else _steering(message)
    path = {} if scenario is None else {"fail": scenario}
    options = Options(**_parsed({**steering, **path, **asked}))
    if options.fail in LINE_FAILURES and options.form != "lines":
        raise BadOption(f"Option fail={options.fail} is told in n8n's lines: it needs format=lines.")
    return options


def _steering(message: str) -> dict[str, str]:
    found = _STEERING.search(message)
    if found is None:
        return {}
    try:
        words = shlex.split(found[1])
    except ValueError as error:
        raise BadOption(f"The /sim line of the message is not readable: {error}.") from None
    for word in words:
        if "=" not in word:
            raise BadOption(f"The /sim line of the message takes name=value only, not {word!r}.")
    return {name: value for name, _, value in (word.partition("=") for word in words)}


def _parsed(asked: Mapping[str, str]) -> dict[str, Any]:
    values = {}
    for name, text in asked.items():
        if name not in _PARSERS:
            raise BadOption(f"There is no option {name!r}. The options are: {', '.join(OPTION_NAMES)}.")
        attribute, parse = _PARSERS[name]
        try:
            values[attribute] = parse(text)
        except ValueError as error:
            raise BadOption(f"Option {name}={text[:80]!r} is not allowed: it must be {error}.") from None
    return values
