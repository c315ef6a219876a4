"""Titles made from the first message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatstream.services.generations.intake import TITLE_CHARS, title_from


@pytest.mark.parametrize(
    ("content", "title"),
    [
        ("Hello", "Hello"),
        ("  What is\n\na   monad?  ", "What is a monad?"),
        ("x" * 60, "x" * 60),
        ("x" * 61, "x" * 60 + "…"),
        ("word " * 30, "word word word word word word word word word word word word…"),
        ("Please explain, in simple words, how the thing works, and why it does", None),
    ],
)
def test_titles(content: str, title: str | None) -> None:
    made = title_from(content)
    if title is None:
        assert made == "Please explain, in simple words, how the thing works, and…"
    else:
        assert made == title


@given(st.text(st.characters(exclude_categories=["Cs"])).filter(lambda text: text.strip()))
def test_a_title_is_one_short_line(content: str) -> None:
    title = title_from(content)
    assert 1 <= len(title) <= TITLE_CHARS + 1
    assert title.split() == title.split(" ")
