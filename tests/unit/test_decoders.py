"""The decoder: every recorded answer in every split, every form with any text, and what a hostile workflow sends."""

from __future__ import annotations

import itertools
import json
import zlib
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatstream.errors import UpstreamError
from chatstream.services.decoders import AnswerDecoder
from chatstream.services.decoders.text import TextCleaner, clean
from chatstream.services.events import Replace, Text
from tests.support.captures import ANSWER, EXPECTED, body, load
from tests.support.raw_server import Split, pieces

JSON = "application/json; charset=utf-8"
SSE = "text/event-stream"


def run(
    data: bytes | Iterable[bytes], content_type: str = JSON, *, whole: bool = True, **caps: Any
) -> tuple[str, str, list[Text | Replace], UpstreamError | None]:
    """What came: "complete" or a code, the text, the pieces, the failure."""
    decoder = AnswerDecoder(content_type, **caps)
    events: list[Text | Replace] = []
    failure: UpstreamError | None = None
    try:
        for piece in (data,) if isinstance(data, bytes) else data:
            decoder.feed(piece)
            events.extend(decoder.given())
            if decoder.finished:
                break
        if whole:
            decoder.finish()
    except UpstreamError as error:
        failure = error
    events.extend(decoder.given())
    text = ""
    for event in events:
        text = event.content if isinstance(event, Replace) else text + event.content
        assert isinstance(event, Replace) or event.content
    assert not any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text)
    return (failure.code if failure else "complete"), text, events, failure


def lines(*objects: Any) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in objects)


def line(kind: str, content: Any = ..., node: str = "A", run_index: int = 0) -> dict[str, Any]:
    value: dict[str, Any] = {"type": kind, "metadata": {"nodeId": node, "runIndex": run_index, "itemIndex": 0}}
    return value if content is ... else {**value, "content": content}


def events_of(*payloads: Any) -> bytes:
    return b"".join(
        b"data: " + (value if isinstance(value, str) else json.dumps(value)).encode() + b"\n\n" for value in payloads
    )


def splits(data: bytes) -> list[list[bytes]]:
    return [[data], list(pieces(data, "bytes")), *(list(pieces(data, "random", seed)) for seed in range(3))]


def agrees(data: bytes, content_type: str = JSON, **caps: Any) -> tuple[str, str, UpstreamError | None]:
    """The outcome, which must be the same however the bytes are cut."""
    code, text, _, failure = run(data, content_type, **caps)
    for split in splits(data)[1:]:
        assert run(split, content_type, **caps)[:2] == (code, text)
    return code, text, failure


BY_STATUS = {"auth_wrong", "throw_last_prod", "unknown_path_prod"}  # there the status decides, not the body


@pytest.mark.parametrize("name", sorted(EXPECTED.keys() - BY_STATUS))
@pytest.mark.parametrize(("split", "seed"), [("whole", 0), ("bytes", 0), *(("random", seed) for seed in range(1, 6))])
def test_every_capture_in_every_split(name: str, split: Split, seed: int) -> None:
    _, content_type, encoding, data, whole = body(load(name))
    if encoding == "gzip":
        data = zlib.decompress(data, 47)
    code, text, events, _ = run(pieces(data, split, seed), content_type, whole=whole)
    expected = EXPECTED[name]
    if name == "d13_exec_timeout":  # its end is a silence: only the reader can tell
        assert (code, text) == ("complete", expected.text)
        return
    terminal = "complete" if expected.terminal == "upstream_reset" else expected.terminal
    assert (code, text) == (terminal, expected.text)
    assert any(isinstance(event, Replace) for event in events) == expected.replaced


texts = st.text(st.characters(codec=None), max_size=60)  # with surrogates
speakable = st.text(st.characters(codec="utf-8"), min_size=1, max_size=60)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    marks = sorted({place % (len(data) + 1) for place in places} | {0, len(data)})
    return [data[a:b] for a, b in itertools.pairwise(marks)]


places = st.lists(st.integers(0, 10_000), max_size=12)


@settings(max_examples=150, deadline=None)
@given(st.lists(texts, min_size=1, max_size=6), places)
def test_any_text_as_n8n_lines(said: list[str], marks: list[int]) -> None:
    data = lines(line("begin"), line("item", "x"), *(line("item", piece) for piece in said), line("end"))
    assert run(cut(data, marks))[:2] == ("complete", clean("x" + "".join(said)))


@settings(max_examples=150, deadline=None)
@given(st.lists(texts, min_size=1, max_size=6), places, st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_any_text_as_events(said: list[str], marks: list[int], end: str, with_bom: bool) -> None:
    payloads = [json.dumps({"delta": piece}) for piece in ("x", *said)] + ["[DONE]"]
    data = "".join(f"id: 1{end}data: {payload}{end}{end}" for payload in payloads).encode()
    data = (b"\xef\xbb\xbf" if with_bom else b"") + data
    assert run(cut(data, marks), SSE)[:2] == ("complete", clean("x" + "".join(said)))


@settings(max_examples=150, deadline=None)
@given(texts, places, st.sampled_from(["output", "text", "response", "content", "message", "answer", "reply", "data"]))
def test_any_text_as_a_document(said: str, marks: list[int], key: str) -> None:
    data = json.dumps([{"id": 7, key: "x" + said}], indent=1).encode()
    assert run(cut(data, marks))[:2] == ("complete", clean("x" + said))


@settings(max_examples=150, deadline=None)
@given(speakable, places)
def test_any_plain_text(said: str, marks: list[int]) -> None:
    data = ("Well. " + said).encode()
    assert run(cut(data, marks), "text/plain")[:2] == ("complete", clean("Well. " + said))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), places, st.sampled_from([JSON, SSE, "text/plain", "text/html", ""]))
def test_garbage_raises_nothing_else_and_does_not_depend_on_the_split(
    data: bytes, marks: list[int], content_type: str
) -> None:
    assert run(cut(data, marks), content_type)[0] == run(data, content_type)[0]


@given(st.lists(texts, max_size=6))
def test_the_cleaner_gives_the_same_in_pieces_as_at_once(said: list[str]) -> None:
    cleaner = TextCleaner()
    assert "".join([*map(cleaner.feed, said), cleaner.flush()]) == clean("".join(said))


class TestText:
    def test_a_pair_split_between_two_items(self) -> None:
        assert agrees(lines(line("begin"), line("item", "a\ud83d"), line("item", "\ude00b")))[:2] == (
            "complete",
            "a😀b",
        )

    def test_half_a_pair_at_the_end_and_nul(self) -> None:
        assert agrees(lines(line("item", "a\0\udc00"), line("item", "b\ud83d")))[:2] == (
            "complete",
            "a\ufffd\ufffdb\ufffd",
        )

    def test_half_a_pair_is_taken_back_with_its_round(self) -> None:
        data = lines(line("begin"), line("item", "\ud83d"), line("begin"), line("item", "b"))
        assert agrees(data)[:2] == ("complete", "b")

    @pytest.mark.parametrize(
        "data",
        [
            b'{"type":"item","content":"\xff"}\n',
            b'data: "\xff"\n\n',
            b'{"output":"\xff"}',
            b"hello \xff",
            b"hello \xe2\x82",
        ],
    )
    def test_invalid_utf8(self, data: bytes) -> None:
        assert agrees(data, SSE if data.startswith(b"data") else JSON)[0] == "upstream_invalid"


class TestLines:
    @pytest.mark.parametrize("content", [None, "", {}, []])
    def test_nothing_said_is_empty_or_invalid(self, content: Any) -> None:
        code, text, _ = agrees(lines(line("begin"), line("item", content), line("end")))
        assert code == ("upstream_invalid" if content == {} else "upstream_empty")
        assert text == ""

    @pytest.mark.parametrize(
        ("content", "text"),
        [(42, "42"), (1.5, "1.5"), ({"output": "hi"}, "hi"), ([{"text": "a"}, {"text": "b"}], "a\n\nb")],
    )
    def test_content_of_other_types(self, content: Any, text: str) -> None:
        assert agrees(lines(line("begin"), line("item", content)))[:2] == ("complete", text)

    def test_unknown_types_and_lines_without_one_are_passed_over(self) -> None:
        data = (
            lines(line("begin"), line("novelty", "no"), None, 5, [1], {"type": 3}, {"x": 1}, line("item", "hi"))
            + b"\n \r\n"
        )
        assert agrees(data)[:2] == ("complete", "hi")

    def test_a_line_that_is_not_json_ends_it_after_what_came_before(self) -> None:
        assert agrees(lines(line("item", "hi")) + b"oops\n" + lines(line("item", "x")))[:2] == (
            "upstream_invalid",
            "hi",
        )

    def test_the_last_line_needs_no_line_end_but_has_to_be_whole(self) -> None:
        data = lines(line("begin"), line("item", "hi"), line("end"))
        assert agrees(data[:-1])[:2] == ("complete", "hi")
        assert agrees(data[:-5])[:2] == ("upstream_invalid", "hi")

    def test_line_separators_inside_json_are_text(self) -> None:
        data = '{"type":"item","content":"a\u2028b\u0085c"}\r\n'.encode()
        assert agrees(data)[:2] == ("complete", "a\u2028b\u0085c")

    @pytest.mark.parametrize("after", [line("begin", node="B"), line("item", "", node="B"), line("end", node="B")])
    def test_an_error_is_provisional(self, after: dict[str, Any]) -> None:
        assert agrees(lines(line("item", "hi"), line("error", "why"), after))[:2] == ("complete", "hi")

    @pytest.mark.parametrize("after", [line("end"), line("novelty"), {"type": "keepalive"}])
    def test_an_error_stays(self, after: dict[str, Any]) -> None:
        code, text, failure = agrees(lines(line("item", "hi"), line("error", {"message": "why"}), after))
        assert (code, text) == ("upstream_error", "hi")
        assert failure is not None
        assert failure.said == "why"

    def test_failing_and_keepalives_can_be_asked(self) -> None:
        decoder = AnswerDecoder()
        decoder.feed(lines({"type": "keepalive"}, line("error", None)))
        assert decoder.failing
        assert decoder.keepalives_seen
        assert decoder.failure().said is None

    def test_only_the_unended_round_is_taken_back(self) -> None:
        first = [line("begin"), line("item", "one "), line("end")]
        other = [line("begin", node="B"), line("item", "two ", node="B")]
        again = [line("begin"), line("item", "bad"), line("begin"), line("item", "three")]
        code, text, events, _ = run(lines(*first, *other, *again))
        assert (code, text) == ("complete", "one two three")
        assert [event for event in events if isinstance(event, Replace)] == [Replace("one two ")]

    def test_a_round_without_text_is_taken_back_silently(self) -> None:
        events = run(lines(line("begin"), line("begin"), line("item", "hi")))[2]
        assert events == [Text("hi")]

    def test_another_run_of_a_node_is_no_retry(self) -> None:
        data = lines(line("begin"), line("item", "a"), line("begin", run_index=1), line("item", "b", run_index=1))
        assert agrees(data)[:2] == ("complete", "ab")

    def test_taken_back_to_nothing_is_empty(self) -> None:
        code, text, _ = agrees(lines(line("begin"), line("item", "bad"), line("begin")))
        assert (code, text) == ("upstream_empty", "")

    @pytest.mark.parametrize("repeated", [ANSWER, "two", f"  {ANSWER}two\n"])
    def test_a_respond_node_that_repeats_says_nothing(self, repeated: str) -> None:
        said = [
            line("begin"),
            line("item", ANSWER),
            line("end"),
            line("begin", node="B"),
            line("item", "two", node="B"),
        ]
        data = lines(*said, line("begin", node="R"), line("item", json.dumps({"output": repeated}), node="R"))
        assert agrees(data)[:2] == ("complete", ANSWER + "two")

    def test_json_later_in_a_block_is_text(self) -> None:
        data = lines(line("begin"), line("item", "so: "), line("item", '{"text": 1}'))
        assert agrees(data)[:2] == ("complete", 'so: {"text": 1}')

    @pytest.mark.parametrize("content", ['{"a": 1}', "[1, 2]", "[]", "{broken}", '{"text": "x"} and more'])
    def test_a_first_item_without_a_text_field_is_text(self, content: str) -> None:
        assert agrees(lines(line("begin"), line("item", content)))[:2] == ("complete", content)

    def test_bare_types_as_keys_do_no_harm(self) -> None:
        data = lines(
            {"type": "begin", "metadata": {"nodeId": [1], "runIndex": {}, "itemIndex": "x"}},
            {"type": "item", "content": "hi", "metadata": 5},
        )
        assert agrees(data)[:2] == ("complete", "hi")
