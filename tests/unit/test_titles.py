"""Titles made from the first message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatstream.services.titles import TITLE_CHARS, title_from, title_in


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


def test_a_title_is_cut_between_characters() -> None:
    family = "👨\u200d👩\u200d👧\u200d👦"
    assert title_from(family * 20) == family * 8 + "…"
    assert title_from("e\u0301" * 60) == "e\u0301" * 30 + "…"


def test_a_title_does_not_turn_the_page() -> None:
    assert title_from("\u202eevil\u2066 <b>שלום</b>") == "evil <b>שלום</b>"
    assert title_from("\u202e") == "…"


@pytest.mark.parametrize(
    ("answer", "title"),
    [
        ("Plans for March", "Plans for March"),
        ('\n**Title: "Plans for March"**\n\nAnything else?', "Plans for March"),
        ("\u201ePl\u00e4ne\u201c", "Pl\u00e4ne"),
        ("word " * 100, "word word word word word word word word word word word word…"),
        ("", None),
        ('" "', None),
    ],
)
def test_a_title_in_an_answer(answer: str, title: str | None) -> None:
    assert title_in(answer) == title
