"""The web client has a sentence for every failure that it can be told of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from chatstream.errors import ChatStreamError, InvalidScraperToken

ROOT = Path(__file__).parent.parent.parent
STRINGS = ROOT / "web" / "app" / "src" / "strings.ts"
LIBRARY = ROOT / "web" / "client" / "src"
GENERAL = {"internal_error", "bad_request", "forbidden", "conflict", "unsupported_media_type", InvalidScraperToken.code}
"""No use of the app leads to them; the general sentence does."""


def kinds(parent: type[ChatStreamError]) -> Iterator[type[ChatStreamError]]:
    for kind in parent.__subclasses__():
        yield kind
        yield from kinds(kind)


def test_every_code_has_a_sentence() -> None:
    known = set(re.findall(r"^      (\w+): \"", STRINGS.read_text(), re.MULTILINE))
    ours = {code for file in LIBRARY.glob("*.ts") for code in re.findall(r'ApiError\("(\w+)"', file.read_text())}
    assert "network" in ours
    theirs = {kind.code for kind in kinds(ChatStreamError)} - GENERAL
    assert ours | theirs <= known, "a code without a sentence"
