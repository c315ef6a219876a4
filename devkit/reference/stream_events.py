"""The events of a stream, as services/events.py and services/sse.py have them."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, Final, get_args, get_type_hints

from chatstream.services import sse
from chatstream.services.events import Event, GoodOutcome, Level
from devkit.reference.markdown import code, codes, table, words_of

_TEXT = """## Events of a stream

Each frame is `id: <generation id>:<n>`, n counting from 1, and `data: {"type": …, "data": {…}}`. A comment line
`: keep-alive` comes after every 15 s of silence. There are no other events and no other fields.
"""
_CLOSED: Final[dict[Any, tuple[str, ...]]] = {Level: get_args(Level), GoodOutcome: get_args(GoodOutcome)}
_NAMES: Final = {bool: "true or false", str: "text"}


def section() -> str:
    """A table of the closed set."""
    kinds = get_args(Event)
    rows = [(code(type_of(kind)), "; ".join(_fields(kind)), words_of(kind)) for kind in kinds]
    return f"{_TEXT}\n{table(('type', 'data', 'meaning'), rows)}"


def type_of(kind: Any) -> str:
    """The word that a client sees for a class of events."""
    sample = kind(**{field.name: "" for field in dataclasses.fields(kind)})
    return str(json.loads(sse.payload(sample))["type"])


def _fields(kind: Any) -> list[str]:
    hints = get_type_hints(kind)
    return [f"{code(field.name)}: {_values(hints[field.name])}" for field in dataclasses.fields(kind)]


def _values(hint: Any) -> str:
    return codes(_CLOSED[hint]) if hint in _CLOSED else _NAMES[hint]
