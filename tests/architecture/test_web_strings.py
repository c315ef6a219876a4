"""The web client has a sentence for every failure that it can be told of, and its words where translators look."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from chatstream.errors import ChatStreamError, InvalidScraperToken

ROOT = Path(__file__).parent.parent.parent
APP = ROOT / "web" / "app" / "src"
STRINGS = APP / "strings.ts"
LIBRARY = ROOT / "web" / "client" / "src"
GENERAL = {"internal_error", "bad_request", "forbidden", "conflict", "unsupported_media_type", InvalidScraperToken.code}
"""No use of the app leads to them; the general sentence does."""

NAMES = {"chatstream"}
"""Words that are the same in every language."""
_TEXT = re.compile(r">([^<>{}=;()]*[A-Za-z]{2,}[^<>{}=;()]*)</")
_ATTRIBUTE = re.compile(
    r"""\b(?:aria-label|alt|help|label|placeholder|title)=(?:\{)?["'`]([^"'`]*[A-Za-z]{2,}[^"'`]*)["'`]"""
)


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


def words_in(markup: str) -> set[str]:
    """What stands in elements and in the attributes that people read or hear."""
    markup = re.sub(r"\$\{[^}]*\}", "", markup)
    return {text.strip() for text in _TEXT.findall(markup) + _ATTRIBUTE.findall(markup)} - NAMES


def test_no_words_stand_elsewhere() -> None:
    assert words_in('<p>Hello there</p><Button label={`Send it`} title="Now" />') == {"Hello there", "Send it", "Now"}
    found = {file.relative_to(APP).as_posix(): words_in(file.read_text()) for file in APP.rglob("*.tsx")}
    assert len(found) > 40
    assert {name: words for name, words in found.items() if words} == {}
