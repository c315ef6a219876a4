"""Snippets: the place in a text where words were found, as HTML that is safe to insert."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Collection, Iterator

import regex

from chatstream.services.graphemes import boundary, without_directions

LENGTH = 240
LEAD = 60
"""Characters in all, and before the first word found."""
SEARCHED = 100_000
"""Characters of a text that are searched; the triggers index as many."""

_INSIDE = r"\p{L}\p{M}\p{N}\u00ad\u200b-\u200d"
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_WORD = regex.compile(rf"(?V1)[{_UNSPACED}]|[[{_INSIDE}]--[{_UNSPACED}]]+")
"""As the database sees them: in scripts that are written without blanks each character is a word."""
_UNSEEN = regex.compile(r"[\p{M}\p{Cf}\u0640]")
_BLANKS = regex.compile(r"\s+")

Span = tuple[int, int]


def snippet(text: str, lexemes: Collection[str], *, has_stems: bool = False) -> str:
    """The part of ``text`` where the first of ``lexemes`` stands: escaped, every one of them in ``<mark>``.

    Lexemes are words as the database has found them; with ``has_stems`` they are the beginnings of words.
    """
    wanted = {_folded(lexeme) for lexeme in lexemes}
    matches = _matches(text, wanted, has_stems)
    first = next(matches, (0, 0))
    start = _start(text, first[0])
    end = boundary(text, start + LENGTH)
    pieces = ["…"] if start else []
    place = start
    for left, right in _joined(first, matches, end):
        pieces += [_escaped(text[place:left]), f"<mark>{_escaped(text[left:right])}</mark>"]
        place = right
    pieces.append(_escaped(text[place:end]))
    if end < len(text):
        pieces.append("…")
    return "".join(pieces)


def _matches(text: str, wanted: Collection[str], has_stems: bool) -> Iterator[Span]:
    stems = tuple(wanted) if has_stems else ()
    for match in _WORD.finditer(text, 0, SEARCHED):
        word = _folded(match[0])
        if word in wanted or (stems and word.startswith(stems)):
            yield match.span()


def _joined(first: Span, rest: Iterator[Span], end: int) -> Iterator[Span]:
    """The spans before ``end``; those that touch are one."""
    left, right = first
    for span in rest:
        if span[0] >= end:
            break
        if span[0] == right:
            right = span[1]
            continue
        yield left, right
        left, right = span
    if right:
        yield left, min(right, end)


def _start(text: str, first: int) -> int:
    """Where to begin so that the first word found is seen: at a word, where one begins soon enough."""
    start = boundary(text, max(0, first - LEAD))
    if not start:
        return 0
    blank = _BLANKS.search(text, start, first)
    return blank.end() if blank else start


def _folded(word: str) -> str:
    return _UNSEEN.sub("", unicodedata.normalize("NFKD", word)).lower()


def _escaped(text: str) -> str:
    return html.escape(_BLANKS.sub(" ", without_directions(text)))
