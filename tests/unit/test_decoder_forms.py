"""The decoder's other forms (events, documents, plain text), how they are told apart, and the caps of all."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from chatstream.errors import UpstreamError
from chatstream.services.decoders import AnswerDecoder
from chatstream.services.events import Text
from tests.support.raw_server import pieces
from tests.unit.test_decoders import JSON, SSE, agrees, events_of, line, lines, run, splits


class TestStarted:
    STARTED = {"message": "Workflow was started"}

    @pytest.mark.parametrize(
        "data",
        [
            json.dumps(STARTED).encode(),
            json.dumps([STARTED]).encode(),
            json.dumps({"data": STARTED}).encode(),
            lines(line("begin"), line("item", json.dumps(STARTED))),
            lines(line("begin"), line("item", STARTED)),
            events_of(STARTED),
        ],
    )
    def test_is_never_an_answer(self, data: bytes) -> None:
        code, text, failure = agrees(data, SSE if data.startswith(b"data") else JSON)
        assert (code, text) == ("upstream_invalid", "")
        assert failure is not None
        assert "Respond" in failure.detail


class TestEvents:
    @pytest.mark.parametrize(
        "payload",
        [
            {"content": "hi"}, {"delta": "hi"}, {"text": "hi"}, {"output": "hi"}, {"message": {"content": "hi"}},
            {"choices": [{"delta": {"content": "hi"}}]}, {"delta": {"type": "text_delta", "text": "hi"}},
            {"content": None, "text": "hi"},
            {"content": [{"type": "text", "text": "h"}, {"type": "text", "text": "i"}]},
            {"type": "item", "content": "hi"},
            {"type": "response.output_text.delta", "delta": "hi"}, '"hi"', "hi", ["hi"],
        ],
    )  # fmt: skip
    def test_payloads(self, payload: Any) -> None:
        assert agrees(events_of(payload, "[DONE]", "never read"), SSE)[:2] == ("complete", "hi")

    def test_nothing_is_said_by_roles_and_recaps(self) -> None:
        data = events_of(
            {"choices": [{"delta": {"role": "assistant", "content": None}}]},
            {"choices": []},
            {
                "type": "response.completed",
                "response": {"output": [{"content": [{"type": "output_text", "text": "x"}]}]},
            },
            "null",
        )
        assert agrees(data, SSE)[:2] == ("upstream_empty", "")

    def test_n8n_objects_mean_the_same_as_in_lines(self) -> None:
        data = events_of(line("begin"), line("item", "bad"), line("begin"), line("item", "good"), line("error", "why"))
        assert agrees(data, SSE)[:2] == ("upstream_error", "good")

    @pytest.mark.parametrize(
        "event",
        [
            "event: error\ndata: why\n\n",
            'event: error\ndata: {"message": "why"}\n\n',
            'data: {"error": {"message": "why"}, "text": "x"}\n\n',
        ],
    )
    def test_errors(self, event: str) -> None:
        code, text, failure = agrees(events_of("hi") + event.encode(), SSE)
        assert (code, text) == ("upstream_error", "hi")
        assert failure is not None
        assert failure.said == "why"

    def test_a_last_event_without_its_blank_line(self) -> None:
        assert agrees(b'data: {"text": "a"}\n\ndata: {"text": "b"}', SSE)[:2] == ("complete", "ab")
        assert agrees(b'data: {"text": "a"}\n\ndata: {"text": "b', SSE)[:2] == ("upstream_invalid", "a")

    def test_no_text_field_at_all(self) -> None:
        code, _, failure = agrees(events_of({"foo": "bar"}), SSE)
        assert code == "upstream_invalid"
        assert failure is not None
        assert "output" in failure.detail

    def test_comments_and_multiple_data_lines(self) -> None:
        assert agrees(b": hello\n\nretry: 5\n\ndata: a\ndata:  b\n\n", SSE)[:2] == ("complete", "a\n b")

    def test_an_event_that_finishes_gives_what_was_before(self) -> None:
        decoder = AnswerDecoder(SSE)
        decoder.feed(b"data: a\n\ndata: [DONE]\n\ndata: b\n\n")
        assert decoder.given() == [Text("a")]
        assert decoder.finished
        decoder.feed(b"data: c\n\n")
        decoder.finish()
        assert decoder.given() == []


class TestForms:
    @pytest.mark.parametrize(
        ("data", "content_type", "form", "text"),
        [
            (b"\xef\xbb\xbf \r\n" + lines(line("item", "hi")), JSON, "n8n_lines", "hi"),
            (lines({"type": "novelty"}, line("item", "hi")), JSON, "n8n_lines", "hi"),
            (b'{"type":"novelty"}\n\n' + lines(line("item", "hi"))[:-1], JSON, "n8n_lines", "hi"),
            (b'{"type":"message","content":"hi"}', JSON, "json", "hi"),
            (b'{"type":"message","content":"hi"}\n\n', "", "json", "hi"),
            (b'{\n "output": "hi"\n}', JSON, "json", "hi"),
            (b'"hi"', JSON, "json", "hi"),
            (b'"Hi," she said.', "text/plain", "json", '"Hi," she said.'),
            (b"[link](http://x) and {more}\n", "text/html", "json", "[link](http://x) and {more}\n"),
            (b"\n\n  hello", "", "text", "\n\n  hello"),
            (b"data: is plural", "text/plain", "text", "data: is plural"),
            (b"event: tonight", "text/plain", "text", "event: tonight"),
            (b"data: {", "text/html", "text", "data: {"),
            (b'data: {"text":"hi"}\n\n', "text/plain", "server_sent_events", "hi"),
            (b"data:[DONE]\n\n", "text/html", "server_sent_events", ""),
            (b"\xef\xbb\xbfdata: hi\n\n", SSE, "server_sent_events", "hi"),
            (b"<b>bold</b>", "text/html", "text", "<b>bold</b>"),
            (b"<", "", "text", "<"),
            (b"nullable", JSON, "text", "nullable"),
            (b"nu", JSON, "text", "nu"),
            (b"42", JSON, "text", "42"),
            (b"e", "", "text", "e"),
        ],
    )
    def test_are_told_by_what_arrives(self, data: bytes, content_type: str, form: str, text: str) -> None:
        assert agrees(data, content_type)[1] == text
        for split in splits(data):
            decoder = AnswerDecoder(content_type)
            for piece in split:
                decoder.feed(piece)
            try:
                decoder.finish()
            except UpstreamError:
                assert text == ""
            assert decoder.form_name == form

    @pytest.mark.parametrize(
        "data", [b"", b" \n", b"\xef\xbb\xbf", b"null", b"[]", b'""', b'{"output": ""}', b'[{"text": null}]']
    )
    def test_empty(self, data: bytes) -> None:
        assert agrees(data)[:2] == ("upstream_empty", "")

    @pytest.mark.parametrize(
        "data",
        [
            b"{}",
            b'{"foo": 1}',
            b"[{}]",
            b"{broken",
            b"[" * 200_000,
            b"\n <!DOCTYPE html><p>",
            b"<HTML lang=x>",
            b"\xef\xbb",
        ],
    )
    def test_invalid(self, data: bytes) -> None:
        assert run(data)[0] == "upstream_invalid"
        assert run(pieces(data[:3000], "bytes"))[0] == "upstream_invalid"

    @pytest.mark.parametrize(
        "data", [b'{"error": "why"}', b'[{"error": {"message": "why"}}]', b'{"error":"why","output":""}']
    )
    def test_a_document_that_is_an_error(self, data: bytes) -> None:
        code, _, failure = agrees(data)
        assert code == "upstream_error"
        assert failure is not None
        assert failure.said == "why"

    @pytest.mark.parametrize(
        ("document", "text"),
        [
            ({"output": {"text": "hi"}}, "hi"),
            ({"choices": [{"message": {"role": "assistant", "content": "hi"}}]}, "hi"),
            ({"output": [{"type": "message", "content": [{"type": "output_text", "text": "hi"}]}]}, "hi"),
            ([{"output": "a"}, {"x": 1}, {"output": "b"}], "a\n\nb"),
            ({"output": "", "message": "hi"}, "hi"),
            ({"data": 42}, "42"),
        ],
    )
    def test_documents(self, document: Any, text: str) -> None:
        assert agrees(json.dumps(document).encode())[:2] == ("complete", text)

    def test_plain_text_streams(self) -> None:
        decoder = AnswerDecoder("text/plain")
        decoder.feed(b"Hello \xe4")
        assert decoder.given() == [Text("Hello ")]
        decoder.feed(b"\xb8\x96")
        assert decoder.given() == [Text("世")]


class TestCaps:
    CAPS: dict[str, Any] = {"max_line": 1000, "max_answer": 3000}

    @pytest.mark.parametrize(
        ("data", "content_type"),
        [
            (lines(line("item", "x" * 1000)), JSON),
            (b'{"type":"begin"}\n{"type":"item","content":"' + b"x" * 1000, JSON),
            (b"{" + b" " * 1000, JSON),
            (b'{"output":"' + b"x" * 1000, JSON),
            (b"[\n" + b"1,\n" * 2000, JSON),
            (b" " * 1001, JSON),
            (b"data: " + b"x" * 1000, SSE),
            (b"data: xxxx\n" * 100, SSE),
            (b"x" * 3001, "text/plain"),
            (("é" * 1501).encode(), "text/plain"),
            (lines(*[line("item", "x" * 500)] * 7), JSON),
            (events_of(*["x" * 500] * 7), SSE),
        ],
    )
    def test_refused_as_it_arrives(self, data: bytes, content_type: str) -> None:
        for split in splits(data):
            assert run(split, content_type, whole=False, **self.CAPS)[0] == "upstream_too_large"

    def test_an_answer_of_just_the_cap(self) -> None:
        assert run(b"x" * 3000, "text/plain", **self.CAPS)[0] == "complete"

    def test_what_is_taken_back_does_not_count(self) -> None:
        tries = [value for _ in range(6) for value in (line("begin"), line("item", "x" * 800))]
        assert run(lines(*tries), max_line=1000, max_answer=1000)[:2] == ("complete", "x" * 800)

    def test_starting_over_without_end(self) -> None:
        head = lines(line("begin", node="B"), line("item", "x" * 900, node="B"), line("end", node="B"))
        again = lines(line("begin"), line("item", "y")) * 100
        assert run(head + again, max_line=1000, max_answer=1000)[0] == "upstream_invalid"

    def test_an_endless_stream_of_nothing(self) -> None:
        endless = (lines({"type": "keepalive"}) * 100 for _ in range(1000))
        assert run(endless, max_line=1000, max_answer=1000)[0] == "upstream_too_large"

    def test_blocks_without_end(self) -> None:
        many = b"".join(lines(line("begin", node=str(number))) for number in range(50_100))
        assert run(many)[0] == "upstream_too_large"

    @pytest.mark.parametrize(
        "head",
        [
            b'{"type":"item","content":"',
            b'{"type":"novelty"}\n{"a":"',
            b'{"output":"',
            b"data: ",
            b" ",
            b": ",
            b"data: {",
        ],
    )
    @pytest.mark.parametrize("content_type", [JSON, "text/plain"])
    def test_a_long_line_in_tiny_reads_costs_linear_time(self, head: bytes, content_type: str) -> None:
        decoder = AnswerDecoder(content_type)
        started = time.process_time()
        decoder.feed(head)
        for _ in range(100_000):
            decoder.feed(b"  ")
        assert time.process_time() - started < 2

    def test_an_event_of_many_lines_costs_little(self) -> None:
        started = time.process_time()
        run(b"data:\n" * 170_000 + b"\n", SSE)
        assert time.process_time() - started < 2
