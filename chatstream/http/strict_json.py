"""JSON as we take it: UTF-8, finite numbers, bounded nesting, and no text that PostgreSQL can not keep.

A body of 1 MiB can hold half a million values. Whatever is done with each of them in Python stalls every stream of the
worker, so nearly all bodies are judged by scans that run in C.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from chatstream.errors import BadRequest, InvalidFields
from chatstream.services.stored_text import BAD_TEXT, UNSTORABLE, is_unstorable

MAX_DEPTH = 32
MAX_FIELDS = 100
_SUSPICIOUS = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
"""NUL and surrogates can only come as escapes: JSON has no raw control characters, UTF-8 no surrogates."""


def parse(body: bytes) -> Any:
    """The document. Raises BadRequest for what is not JSON, InvalidFields (by top-level field) for what we refuse."""
    try:
        document = json.loads(body.decode("utf-8"), parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        raise BadRequest("The body is not valid JSON.") from None
    fields = document if isinstance(document, dict) else {"_schema": document}
    if len(fields) > MAX_FIELDS:
        raise InvalidFields({"_schema": [f"Has more than {MAX_FIELDS} fields."]})
    errors: dict[str, list[str]] = {}
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH:
        deep = [f"Is nested deeper than {MAX_DEPTH} levels."]
        errors = {name: deep for name, value in fields.items() if _deeper(value, MAX_DEPTH - 1)}
    if not errors and _SUSPICIOUS.search(body):
        errors = {
            _shown(name): [BAD_TEXT] for name, value in fields.items() if is_unstorable(name) or is_unstorable(value)
        }
    if errors:
        raise InvalidFields(errors)
    return document


def _deeper(value: Any, levels: int) -> bool:
    """Whether arrays and objects stand in one another more than ``levels`` times."""
    layer = [value]
    for _ in range(levels + 1):
        containers = [item for item in layer if isinstance(item, dict | list)]
        if not containers:
            return False
        layer = [
            item
            for container in containers
            for item in (container.values() if isinstance(container, dict) else container)
            if isinstance(item, dict | list)
        ]
    return bool(layer)


def _shown(name: str) -> str:
    return UNSTORABLE.sub("\ufffd", name)


def _refuse(word: str) -> NoReturn:
    raise ValueError(word)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(digits)
    return number
