"""Every answer that a client saw, compared with what the database holds."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence

from benchmarks.generator import Answer
from benchmarks.subjects import Stored, Subject, Talk

Seen = Mapping[str, Sequence[Answer]]
"""The answers that came in each chat, in their order."""


class Mismatch(Exception):
    """A client saw something else than what is stored. Its text says where."""


def check(subject: Subject, talks: Sequence[Talk], answers: Sequence[Answer], tokens: int) -> None:
    """``answers`` are those of the sends to ``talks``, which may name a chat several times.

    Raises Mismatch.
    """
    seen: dict[str, list[Answer]] = {}
    held = {talk.chat_id: talk.held for talk in talks}
    for talk, answer in zip(talks, answers, strict=True):
        if answer.tokens != tokens:
            raise Mismatch(f"{subject.name}, {talk.chat_id}: {answer.tokens} tokens came, and {tokens} were sent")
        seen.setdefault(talk.chat_id, []).append(answer)
    if subject.keeps_chats:
        newest = 2 * max(len(those) for those in seen.values())
        compare(seen, held, subject.stored(seen, newest))


def compare(seen: Seen, held: Mapping[str, int], stored: Mapping[str, Stored]) -> None:
    """``held`` messages were in each chat before; a question and an answer have come for each answer that was seen.

    Raises Mismatch.
    """
    for chat_id, answers in seen.items():
        if chat_id not in stored:
            raise Mismatch(f"chat {chat_id} is not there")
        count, expected = stored[chat_id].count, held[chat_id] + 2 * len(answers)
        if count != expected:
            raise Mismatch(f"chat {chat_id} holds {count} messages, not {expected}")
        newest = stored[chat_id].newest[-2 * len(answers) :]
        for question, message, answer in zip(newest[::2], newest[1::2], answers, strict=True):
            _compare_one(chat_id, question, message, answer)


def _compare_one(chat_id: str, question: Mapping[str, object], message: Mapping[str, object], answer: Answer) -> None:
    if (question["role"], question["content"]) != ("user", "Go"):
        raise Mismatch(f"chat {chat_id}: {question} is not what was asked")
    text = str(message["content"]).encode()
    if (message["role"], message["status"]) != ("assistant", "complete"):
        raise Mismatch(f"chat {chat_id}: the answer is {message['role']}'s, {message.get('status')}")
    if (len(text), zlib.crc32(text)) != (answer.size, answer.crc32):
        raise Mismatch(f"chat {chat_id}: the answer that is stored is not the one that came")
