"""What may not stand in a text that goes into JSON and into PostgreSQL: NUL and lone surrogates."""

from __future__ import annotations

import re

REPLACEMENT = "\ufffd"

_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_FORBIDDEN = re.compile("[\x00\ud800-\udfff]")


def clean(text: str) -> str:
    """``text`` with its surrogate pairs joined, lone surrogates and NUL as U+FFFD."""
    if _FORBIDDEN.search(text) is None:
        return text
    return _FORBIDDEN.sub(REPLACEMENT, _PAIR.sub(_joined, text))


def utf8_size(text: str) -> int:
    """Bytes of a clean ``text`` in UTF-8."""
    return len(text) if text.isascii() else len(text.encode())


class TextCleaner:
    """`clean` over a text that comes in pieces: n8n may cut a surrogate pair between two items.

    A high surrogate at the end of a piece is held until the next one tells whether its other half follows.
    """

    def __init__(self) -> None:
        self._held = ""

    def feed(self, piece: str) -> str:
        """The clean text that is certain now; may be empty."""
        if not piece or (not self._held and piece.isascii() and "\0" not in piece):
            return piece
        if self._held:
            piece, self._held = self._held + piece, ""
        if "\ud800" <= piece[-1] <= "\udbff":
            piece, self._held = piece[:-1], piece[-1]
        return clean(piece)

    def flush(self) -> str:
        """What was held, at the end of the text."""
        held, self._held = self._held, ""
        return REPLACEMENT if held else ""

    def forget(self) -> None:
        """Drop what was held: the piece that it belongs to is taken back."""
        self._held = ""


def _joined(pair: re.Match[str]) -> str:
    return pair[0].encode("utf-16", "surrogatepass").decode("utf-16")
