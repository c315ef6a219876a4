"""The web client has a sentence for every failure that it can be told of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from chatstream.errors import ChatStreamError, InvalidScraperToken

ROOT = Path(__file__).parent.parent.parent
STRINGS = ROOT / "web" / "app" / "src" / "strings.ts"
LOCAL = ROOT / "web" / "client" / "src" / "errors.ts"
GENERAL = {"internal_error", "bad_request", "forbidden", "conflict", "unsupported_media_type", InvalidScraperToken.code}
"""No use of the app leads to them; the general sentence does."""


def kinds(parent: type[ChatStreamError]) -> Iterator[type[ChatStreamError]]:
    for kind in parent.__subclasses__():
        yield kind
        yield from kinds(kind)


def test_every_code_has_a_sentence() -> None:
    known = set(re.findall(r"^      (\w+): \"", STRINGS.read_text(), re.MULTILINE))
    local = re.search(r"type LocalCode =(.*?);", LOCAL.read_text(), re.DOTALL)
    assert local is not None
    ours = set(re.findall(r'"(\w+)"', local[1]))
    theirs = {kind.code for kind in kinds(ChatStreamError)} - GENERAL
    assert ours | theirs <= known, "a code without a sentence"
