"""Putting pieces of an answer together."""

from __future__ import annotations

import pytest

from chatstream.services.events import Replace, Text, joined

A, B, C, R, EMPTY = Text("a"), Text("b"), Text("c"), Replace("r"), Replace("")


@pytest.mark.parametrize(
    ("pieces", "fewer"),
    [
        ([], []),
        ([A], [A]),
        ([A, B, C], [Text("abc")]),
        ([A, B, R, C], [Text("ab"), R, C]),
        ([EMPTY, A, B], [EMPTY, Text("ab")]),
        ([A, R, EMPTY], [A, R, EMPTY]),
    ],
)
def test_neighbouring_texts_are_one(pieces: list[Text | Replace], fewer: list[Text | Replace]) -> None:
    assert joined(pieces) == fewer
