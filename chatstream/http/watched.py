"""Answers with something to be done when they are closed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator


class Watched:
    """An answer of a WSGI application; ``then`` is called once it is closed.

    werkzeug's ClosingIterator stands between the server and each piece: a call more, and more stack, for each token.
    """

    def __init__(self, answer: Iterable[bytes], then: Callable[[], object]) -> None:
        self._answer = answer
        self._then = then

    def __iter__(self) -> Iterator[bytes]:
        """The pieces, from where they are made."""
        return iter(self._answer)

    def close(self) -> None:
        """Close the answer; called by the server, however it ended."""
        try:
            close = getattr(self._answer, "close", None)
            if close is not None:
                close()
        finally:
            self._then()
