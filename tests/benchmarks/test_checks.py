"""A benchmark whose answers are not what the database holds counts for nothing."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from benchmarks.checks import Mismatch, compare
from benchmarks.generator import Answer
from benchmarks.subjects import Stored

CHAT = "a chat"
TEXTS = ("t1 t2 ", "t3 t4 ")
Messages = list[dict[str, Any]]


def _seen(texts: Sequence[str] = TEXTS) -> Mapping[str, Sequence[Answer]]:
    answers = [Answer(200, True, 2, 2, zlib.crc32(text.encode()), len(text), 1.0, 2.0) for text in texts]
    return {CHAT: answers}


def _messages() -> Messages:
    return [
        message
        for text in TEXTS
        for message in (
            {"role": "user", "content": "Go"},
            {"role": "assistant", "content": text, "status": "complete"},
        )
    ]


def _check(messages: Messages, held: int = 0) -> None:
    compare(_seen(), {CHAT: held}, {CHAT: Stored(held + len(messages), messages)})


def test_what_came_is_what_is_stored() -> None:
    _check(_messages())


def test_what_was_held_before_is_not_looked_at() -> None:
    older: Messages = [{"role": "user", "content": "something else"}]
    compare(_seen(), {CHAT: 1}, {CHAT: Stored(5, older + _messages())})


def _lose_one(messages: Messages) -> None:
    del messages[0]


def _store_one_twice(messages: Messages) -> None:
    messages += messages[-2:]


def _swap_answers(messages: Messages) -> None:
    messages[1], messages[3] = messages[3], messages[1]


def _cut_an_answer(messages: Messages) -> None:
    messages[3]["content"] = messages[3]["content"][:-1]


def _change_an_answer(messages: Messages) -> None:
    messages[3]["content"] = messages[3]["content"].replace("4", "5")


def _change_a_question(messages: Messages) -> None:
    messages[0]["content"] = "Gone"


def _break_an_answer_off(messages: Messages) -> None:
    messages[3]["status"] = "interrupted"


@pytest.mark.parametrize(
    "spoil",
    [
        _lose_one,
        _store_one_twice,
        _swap_answers,
        _cut_an_answer,
        _change_an_answer,
        _change_a_question,
        _break_an_answer_off,
    ],
)
def test_whatever_is_amiss_is_found(spoil: Callable[[Messages], None]) -> None:
    messages = _messages()
    spoil(messages)
    with pytest.raises(Mismatch):
        _check(messages)


def test_a_chat_that_is_gone_is_found() -> None:
    with pytest.raises(Mismatch, match="not there"):
        compare(_seen(), {CHAT: 0}, {})
