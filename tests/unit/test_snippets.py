"""Snippets and cuts: safe, short, and never in the middle of a character."""

from __future__ import annotations

import html
import re
import unicodedata

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from chatstream.services.graphemes import boundary
from chatstream.services.search.snippets import LENGTH, snippet

FAMILY = "👨\u200d👩\u200d👧\u200d👦"
TEXTS = st.text(st.characters(exclude_categories=["Cs"])) | st.lists(
    st.sampled_from([FAMILY, "e\u0301", "🇩🇪", "\r\n", "word", " ", "<", "&", "\u202e", "שלום", "日本"])
).map("".join)


@pytest.mark.parametrize(
    ("text", "lexemes", "shown"),
    [
        ("nothing", [], "nothing"),
        ("One café, two cafés", ["cafe"], "One <mark>café</mark>, two cafés"),
        ("One cafe\u0301", ["cafe"], "One <mark>cafe\u0301</mark>"),
        ("<script>alert(1)</script>", ["script"], "&lt;<mark>script</mark>&gt;alert(1)&lt;/<mark>script</mark>&gt;"),
        ("今天的天气很好", ["天", "气"], "今<mark>天</mark>的<mark>天气</mark>很好"),
        ("a\n\n b", ["b"], "a <mark>b</mark>"),
        ('a "quoted" \u202eword', ["word"], "a &quot;quoted&quot; <mark>word</mark>"),
        ("x" * 1000, ["x" * 1000], f"<mark>{'x' * LENGTH}</mark>…"),
    ],
)
def test_snippets(text: str, lexemes: list[str], shown: str) -> None:
    assert snippet(text, lexemes) == shown


def test_stems_are_beginnings() -> None:
    assert snippet("He was running", ["run"], has_stems=True) == "He was <mark>running</mark>"
    assert snippet("He was running", ["run"]) == "He was running"


def test_the_first_word_found_is_seen() -> None:
    shown = snippet("filler " * 4000 + "needle " + "filler " * 500, ["needle"])
    assert shown.startswith("…filler")
    assert "<mark>needle</mark>" in shown
    assert shown.endswith("…")
    assert len(shown) < LENGTH + 20


@given(TEXTS, st.lists(TEXTS, max_size=3))
def test_a_snippet_is_safe_and_of_the_text(text: str, words: list[str]) -> None:
    lexemes = [unicodedata.normalize("NFKD", word).lower() for word in words] + text.split()[:2]
    shown = snippet(text, lexemes)
    plain = re.sub("</?mark>", "", shown)
    assert "<" not in plain
    assert ">" not in plain
    assert shown.count("<mark>") == shown.count("</mark>")
    bare = regex.sub(r"\s+", " ", regex.sub("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]", "", text))
    assert html.unescape(plain).removeprefix("…").removesuffix("…") in bare + bare.strip("…")


@given(TEXTS, st.integers(0, 60))
def test_a_cut_is_between_characters(text: str, at: int) -> None:
    edges = {0, *(match.end() for match in regex.finditer(r"\X", text))}
    place = boundary(text, at)
    assert place == max(edge for edge in edges if edge <= at) or (place == at and max(edges - {0}, default=0) > at)
