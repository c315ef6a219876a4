"""Reading an exported document piece by piece.

It may be many times as large as other bodies. Parsed at once it would take hundreds of megabytes of memory and stall
every stream of the worker, so its events are counted, and others run in between.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import gevent
import ijson
from ijson.common import ObjectBuilder

from chatstream.errors import BadRequest, InvalidFields
from chatstream.services.stored_text import BAD_TEXT, is_unstorable

MAX_DEPTH = 32
MAX_EVENTS = 4_000_000
"""Values, names, and ends of arrays and objects."""
MAX_EVENTS_OF_ONE = 20_000
"""Of a message, and of all that is no message: each of them is put together at once."""
EVENTS_AT_ONCE = 5_000

_MESSAGES = "messages"
_MANY_DIGITS = re.compile(rb"\d{4000}")


def read_head(document: bytes) -> dict[str, Any]:
    """Everything but the messages; also makes sure that all of it is JSON.

    Raises BadRequest (not JSON, or a number too large), InvalidFields (not an object with one array of messages; too
    deep, too many values, text that can not be stored).
    """
    builder, key, depth, arrays, named, of_one = ObjectBuilder(), "", 0, 0, 0, 0
    for number, (_, event, value) in enumerate(_events(document)):
        depth += event in ("start_map", "start_array")
        depth -= event in ("end_map", "end_array")
        if number == 0 and event != "start_map":
            raise InvalidFields({"_schema": ["Must be an object."]})
        of_one = 0 if key == _MESSAGES and depth == 3 and event == "start_map" else of_one + 1
        if depth > MAX_DEPTH or number > MAX_EVENTS or of_one > MAX_EVENTS_OF_ONE:
            raise InvalidFields({"_schema": ["Is nested too deep, or has too many values."]})
        if depth == 1 and event == "map_key":
            key = value
            named += key == _MESSAGES
        arrays += depth == 2 and event == "start_array" and key == _MESSAGES
        if key != _MESSAGES or depth == 0:
            builder.event(event, value)
        if number % EVENTS_AT_ONCE == 0:
            gevent.sleep(0)
    if (arrays, named) != (1, 1):
        raise InvalidFields({_MESSAGES: ["Must be one array."]})
    head: dict[str, Any] = _with_floats(builder.value)
    if is_unstorable(head):
        raise InvalidFields({"_schema": [BAD_TEXT]})
    return head


def read_messages(document: bytes) -> Iterator[Any]:
    """The items of the array of messages, one after the other; `read_head` has been satisfied.

    Raises BadRequest (a number too large), InvalidFields (text that can not be stored).
    """
    may_be_unstorable = b"\\u0000" in document  # JSON has no raw NUL, and half a pair is replaced by the parser
    for place, item in enumerate(ijson.items(io.BytesIO(document), f"{_MESSAGES}.item", **_numbers(document))):
        if may_be_unstorable and is_unstorable(item):
            raise InvalidFields({f"{_MESSAGES}.{place}": [BAD_TEXT]})
        yield _with_floats(item)


def _events(document: bytes) -> Iterator[tuple[str, str, Any]]:
    try:
        yield from ijson.parse(io.BytesIO(document), **_numbers(document))
    except (ijson.JSONError, ValueError):
        raise BadRequest("The body is not valid JSON.") from None


def _numbers(document: bytes) -> dict[str, bool]:
    """How numbers are read: whole ones of any length, but for those that Python refuses to make, over 4300 digits.

    ijson does not expect that refusal, and leaves the interpreter with an error that surfaces anywhere.
    """
    return {"use_float": _MANY_DIGITS.search(document) is not None}


def _with_floats(value: Any) -> Any:
    """The value with floats for decimals (the parser has floats too, but then refuses long whole numbers).

    Raises BadRequest for what no float can hold.
    """
    if isinstance(value, dict):
        return {name: _with_floats(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_with_floats(item) for item in value]
    if isinstance(value, Decimal):
        number = float(value)
        if not math.isfinite(number):
            raise BadRequest("The body has a number that is too large.")
        return number
    return value
