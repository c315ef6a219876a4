"""Bytes in any pieces to whole lines, in linear time and bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chatstream.errors import UpstreamTooLarge


class LineSplitter:
    r"""Splits at ``\n`` and nowhere else: U+2028 and a lone ``\r`` may stand inside a JSON string.

    A line of more than ``max_line`` bytes raises UpstreamTooLarge, before it is whole.
    """

    def __init__(self, max_line: int) -> None:
        self._max_line = max_line
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterable[bytes]:
        """The lines that ``data`` completes, without their line ends."""
        if not self._rest and data.endswith(b"\n") and len(data) <= self._max_line:
            return data[:-1].split(b"\n")  # n8n writes whole lines
        return self._split(data)

    def _split(self, data: bytes) -> Iterator[bytes]:
        start = 0
        while (end := data.find(b"\n", start)) >= 0:
            self._check(len(self._rest) + end - start)
            line = data[start:end]
            if self._rest:
                line = bytes(self._rest) + line
                self._rest.clear()
            yield line
            start = end + 1
        self._check(len(self._rest) + len(data) - start)
        self._rest += data[start:]

    def rest(self) -> bytes:
        """The last line, that no line end followed."""
        rest = bytes(self._rest)
        self._rest.clear()
        return rest

    def _check(self, length: int) -> None:
        if length > self._max_line:
            raise UpstreamTooLarge(f"A line has more than {self._max_line} bytes.")
