"""The text of an answer as it grows: its size, its parts by origin, what is taken back."""

from __future__ import annotations

from io import StringIO
from itertools import islice

from chatstream.errors import UpstreamInvalid, UpstreamTooLarge
from chatstream.services.decoders.text import TextCleaner, utf8_size
from chatstream.services.events import Replace, Text

Piece = Text | Replace

MAX_PARTS = 50_000  # runs of text from one origin: bounds the memory that tiny, alternating pieces can take
COMPARED_ROUNDS = 256
BLANK_AROUND = 1024  # characters of white space that two texts may differ by and still be compared


class Round:
    """One time that a node speaks: from its `begin` to its `end`."""

    __slots__ = ("length", "parts", "started")

    def __init__(self) -> None:
        self.started = False
        self.length = 0
        self.parts: list[Part] = []

    def text(self) -> str:
        """All that was said in it."""
        return "".join(part.text.getvalue() for part in self.parts)


class Part:
    """A run of text of one round that nothing else came in between."""

    __slots__ = ("round", "text")

    def __init__(self, round_: Round) -> None:
        self.round = round_
        self.text = StringIO(newline="")  # "": line ends as they are


class AnswerText:
    """Takes pieces, gives out clean ones (in lists, see `given`), and can take back those of one round.

    ``max_bytes`` bounds the UTF-8 size of the text. The `Text` since the last `Replace`, joined to it, is the answer.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._length = 0
        self._taken_back = 0
        self._parts: list[Part] = []
        self._rounds: list[Round] = []
        self._cleaner = TextCleaner()
        self._last: Round | None = None
        self._given: list[Piece] = []

    def given(self) -> list[Piece]:
        """What has been said and taken back since the last call."""
        given, self._given = self._given, []
        return given

    @property
    def is_empty(self) -> bool:
        """Whether there is no text, not even white space."""
        return self._length == 0

    def new_round(self) -> Round:
        """A further origin of text. Raises UpstreamTooLarge beyond any sensible number of them."""
        if len(self._rounds) >= MAX_PARTS:
            raise UpstreamTooLarge(f"More than {MAX_PARTS} blocks in one answer.")
        self._rounds.append(Round())
        return self._rounds[-1]

    def say(self, text: str, round_: Round) -> None:
        """The next piece, said in ``round_``. Nothing comes of an empty one. Raises UpstreamTooLarge."""
        if text:
            self._last = round_
            self._add(self._cleaner.feed(text), round_)

    def finish(self) -> None:
        """The end of the text: half a character that was held back comes as U+FFFD."""
        rest = self._cleaner.flush()
        if rest and self._last is not None:
            self._add(rest, self._last)

    def take_back(self, round_: Round) -> None:
        """Remove what ``round_`` said; no event where it had said nothing.

        Raises UpstreamInvalid when an answer starts over so often that it would only keep us busy.
        """
        if self._last is round_:
            self._cleaner.forget()
        if not round_.parts:
            return
        self._bytes -= sum(utf8_size(part.text.getvalue()) for part in round_.parts)
        self._length -= round_.length
        self._parts = [part for part in self._parts if part.round is not round_]
        round_.parts, round_.length = [], 0
        rest = self._whole()
        self._taken_back += len(rest) + 16 * len(self._parts) + 1024
        if self._taken_back > 8 * self._max_bytes:
            raise UpstreamInvalid("The answer was taken back and started over too often.")
        self._given.append(Replace(rest))

    def repeats(self, text: str) -> bool:
        """Whether ``text`` says again what the whole answer, or one round of it, has said already.

        Only texts of about the same length are joined and compared, so that this costs no more than reading it did.
        """
        sought = text.strip()
        if not sought:
            return False
        if self._near(len(sought), self._length) and self._whole().strip() == sought:
            return True
        recent = islice(reversed(self._rounds), COMPARED_ROUNDS)
        return any(self._near(len(sought), said.length) and said.text().strip() == sought for said in recent)

    def _add(self, piece: str, round_: Round) -> None:
        if not piece:
            return
        length = len(piece)
        self._bytes += length if piece.isascii() else utf8_size(piece)
        if self._bytes > self._max_bytes:
            raise UpstreamTooLarge(f"The answer has more than {self._max_bytes} bytes of text.")
        part = self._parts[-1] if self._parts else None
        if part is None or part.round is not round_:
            if len(self._parts) >= MAX_PARTS:
                raise UpstreamTooLarge(f"More than {MAX_PARTS} blocks in one answer.")
            part = Part(round_)
            self._parts.append(part)
            round_.parts.append(part)
        part.text.write(piece)
        self._length += length
        round_.length += length
        self._given.append(Text(piece))

    def _whole(self) -> str:
        return "".join(part.text.getvalue() for part in self._parts)

    @staticmethod
    def _near(sought: int, length: int) -> bool:
        return sought <= length <= sought + BLANK_AROUND
