"""Transcripts against a plain list: whatever is added, sealed, cut, brought back or changed, they say the same."""

from __future__ import annotations

import itertools
import json
import random
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import delete, func, select, text

from chatstream import create_app
from chatstream.config import Settings
from chatstream.errors import InvalidFields
from chatstream.extensions import db
from chatstream.models import Chat, ChatPage, ChatVersion, VersionPage
from chatstream.services import transcripts
from chatstream.services.opened_chats import open_chat
from chatstream.services.principals import Principal
from chatstream.services.transcripts import Bound, Message
from tests.support.world import World

BOUND = Bound(messages=4, bytes=2000)
NUMBERS = st.integers(0, 999)
WRITERS, STEPS = 64, 10
_numbers = itertools.count(1)


def message(content: str | None = None, **fields: Any) -> Message:
    """A message that nobody has seen before, unless its content is given."""
    number = next(_numbers)
    return {
        "id": str(uuid.uuid4()),
        "role": "user",
        "content": content or f"message {number}",
        "timestamp": "2026-01-01T00:00:00.000Z",
        **fields,
    }


def new_chat(world: World) -> uuid.UUID:
    """The id of a chat without messages; in an application context."""
    account = world.account()
    chat = Chat(team_id=account.team_id, user_id=account.id, agent_id=uuid.UUID(world.agent(account.team_id)))
    db.session.add(chat)
    db.session.commit()
    return chat.id


def new_version(chat_id: uuid.UUID, message_id: str) -> uuid.UUID:
    """The id of a row that set-aside messages may hang on."""
    number = next(_numbers)
    version = ChatVersion(chat_id=chat_id, message_id=uuid.UUID(message_id), number=number, is_current=False)
    db.session.add(version)
    db.session.flush()
    return version.id


def everything(chat_id: uuid.UUID) -> list[Message]:
    """The whole transcript."""
    return transcripts.between(chat_id, 0, 1_000_000)


def shown(chat_id: uuid.UUID, limit: int, before: str | None = None) -> tuple[list[Message], bool]:
    """The same window as its owner is shown it."""
    user_id, team_id = db.session.execute(select(Chat.user_id, Chat.team_id).where(Chat.id == chat_id)).one()
    owner = Principal(user_id=user_id, team_id=team_id, session_id=uuid.uuid4(), role="user")
    opened = open_chat(owner, chat_id, limit=limit, before=before)
    assert (opened.chat.id, opened.chat.user_id) == (str(chat_id), str(user_id))
    return json.loads(opened.messages), opened.has_more


class Transcript(RuleBasedStateMachine):
    """One chat, and the list that it should be."""

    world: ClassVar[World]

    def __init__(self) -> None:
        super().__init__()
        self.chat_id = new_chat(self.world)
        self.other = new_chat(self.world)
        self.model: list[Message] = []
        self.aside: list[tuple[uuid.UUID, list[Message]]] = []
        self.gone: list[Message] = []

    @rule(
        size=st.sampled_from([1, 1, 1, 700, 3000]),
        key=st.text(max_size=3).filter(lambda key: "\0" not in key),
        limit=st.integers(1, 12),
    )
    def append(self, size: int, key: str, limit: int) -> None:
        added = message(metadata={"extra": "é" * size, "key": [key.encode("utf-8", "replace").decode()]})
        newest = transcripts.append(self.chat_id, added, limit=limit, bound=BOUND)
        transcripts.append(self.other, message(), bound=BOUND)
        self.model.append(added)
        assert newest == self.model[-limit:]

    @rule(count=st.integers(0, 11))
    def extend(self, count: int) -> None:
        added = [message() for _ in range(count)]
        transcripts.extend(self.chat_id, added, bound=BOUND)
        self.model += added

    @precondition(lambda self: self.model)
    @rule(n=NUMBERS)
    def rewind(self, n: int) -> None:
        place = n % len(self.model)
        first = self.model[place]["id"]
        version_id = new_version(self.chat_id, first)
        assert transcripts.rewind(self.chat_id, first, version_id=version_id)
        self.aside.append((version_id, self.model[place:]))
        self.model = self.model[:place]

    @precondition(lambda self: self.aside)
    @rule(n=NUMBERS)
    def bring_back(self, n: int) -> None:
        version_id, messages = self.aside.pop(n % len(self.aside))
        transcripts.bring_back(self.chat_id, version_id, bound=BOUND)
        self.model += messages

    @precondition(lambda self: self.model)
    @rule(n=NUMBERS, size=st.sampled_from([0, 3000]))
    def replace(self, n: int, size: int) -> None:
        place = n % len(self.model)
        changed = {**self.model[place], "feedback": {"rating": "up", "comment": "x" * size}}
        assert transcripts.replace(self.chat_id, changed)
        self.model[place] = changed

    @rule()
    def what_is_not_there(self) -> None:
        strange = message()
        assert not transcripts.replace(self.chat_id, strange)
        assert not transcripts.rewind(self.chat_id, strange["id"], version_id=uuid.uuid4())
        set_aside = [held["id"] for _, messages in self.aside for held in messages]
        for message_id in (strange["id"], "", "x", "%", *set_aside[:3]):
            assert transcripts.find(self.chat_id, message_id) is None
            with pytest.raises(InvalidFields):
                transcripts.before(self.chat_id, message_id, limit=3)

    @precondition(lambda self: self.model)
    @rule(n=NUMBERS, limit=st.integers(1, 12))
    def read(self, n: int, limit: int) -> None:
        place = n % len(self.model)
        wanted = self.model[place]
        assert transcripts.find(self.chat_id, wanted["id"]) == wanted
        assert transcripts.find(self.other, wanted["id"]) is None
        window = (self.model[max(0, place - limit) : place], place > limit)
        assert transcripts.before(self.chat_id, wanted["id"], limit=limit) == window
        assert transcripts.newest(self.chat_id, limit=limit) == (self.model[-limit:], len(self.model) > limit)
        assert transcripts.between(self.chat_id, place, place + limit) == self.model[place : place + limit]
        assert shown(self.chat_id, limit, before=wanted["id"]) == window
        assert shown(self.chat_id, limit) == (self.model[-limit:], len(self.model) > limit)
        with pytest.raises(InvalidFields):
            shown(self.other, limit, before=wanted["id"])

    @invariant()
    def it_is_the_list(self) -> None:
        assert everything(self.chat_id) == self.model
        count, tail, size = db.session.execute(
            text(
                "SELECT message_count, jsonb_array_length(messages), octet_length(messages::text) FROM chats "
                "WHERE id = :id"
            ),
            {"id": self.chat_id},
        ).one()
        assert count == len(self.model)
        assert tail < 2 * BOUND.messages, "what is added at once may go over the bound, until the next"
        assert size < BOUND.bytes + 2 * BOUND.messages * 3100, "so may messages that were replaced"

    def teardown(self) -> None:
        db.session.rollback()


@pytest.fixture
def context(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def test_a_transcript_is_a_list(context: None, world: World) -> None:
    Transcript.world = world
    run_state_machine_as_test(
        Transcript,
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_tail_is_bound_in_bytes_however_well_they_compress(context: None, world: World) -> None:
    chat_id = new_chat(world)
    for _ in range(5):
        transcripts.append(chat_id, message("x" * 1500), bound=BOUND)
        db.session.commit()
    sizes = db.session.scalars(text("SELECT jsonb_array_length(messages) FROM chat_pages ORDER BY number")).all()
    assert sizes == [2, 2]


def test_an_id_that_is_none_is_refused_before_it_is_stored(context: None, world: World) -> None:
    chat_id = new_chat(world)
    with pytest.raises(ValueError, match="UUID"):
        transcripts.extend(chat_id, [message(), {**message(), "id": "first"}], bound=BOUND)
    assert everything(chat_id) == []


def test_what_is_set_aside_goes_with_its_chat(context: None, world: World) -> None:
    chat_id = new_chat(world)
    transcripts.extend(chat_id, [message() for _ in range(20)], bound=BOUND)
    first = everything(chat_id)[3]["id"]
    transcripts.rewind(chat_id, first, version_id=new_version(chat_id, first))
    transcripts.extend(chat_id, [message() for _ in range(20)], bound=BOUND)
    tables = (ChatPage, ChatVersion, VersionPage)
    assert all(db.session.scalar(select(func.count()).select_from(table)) for table in tables)
    db.session.execute(delete(Chat).where(Chat.id == chat_id))
    assert not any(db.session.scalar(select(func.count()).select_from(table)) for table in tables)


class Writer:
    """One of many on a chat; what it has done is in ``appended`` and ``marks``."""

    def __init__(self, app: Flask, chat_id: uuid.UUID, number: int) -> None:
        self.app = app
        self.chat_id = chat_id
        self.choice = random.Random(number)
        self.appended: list[str] = []
        self.marks = 0
        self.longest = 0

    def write(self) -> None:
        """Some transactions, each a step of one kind."""
        for _ in range(STEPS):
            step = self.choice.choice([self.append, self.append, self.read, self.rewind, self.bring_back, self.mark])
            with self.app.app_context():
                step()
                db.session.commit()

    def append(self) -> None:
        added = message()
        transcripts.append(self.chat_id, added, bound=BOUND)
        self.appended.append(added["id"])

    def read(self) -> None:
        window, has_more = transcripts.newest(self.chat_id, limit=7)
        assert len({held["id"] for held in window}) == len(window)
        assert len(window) == 7 or not has_more
        self.longest = max(self.longest, len(window))

    def rewind(self) -> None:
        window, _ = transcripts.newest(self.chat_id, limit=9)
        for held in window[:1]:
            transcripts.rewind(self.chat_id, held["id"], version_id=new_version(self.chat_id, held["id"]))

    def bring_back(self) -> None:
        versions = db.session.scalars(select(VersionPage.version_id).distinct()).all()
        if versions:
            transcripts.bring_back(self.chat_id, self.choice.choice(versions), bound=BOUND)

    def mark(self) -> None:
        db.session.execute(select(Chat.id).where(Chat.id == self.chat_id).with_for_update(key_share=True))
        window, _ = transcripts.newest(self.chat_id, limit=9)
        for held in window[:1]:
            assert transcripts.replace(self.chat_id, {**held, "marks": held.get("marks", 0) + 1})
            self.marks += 1


def test_many_writers_lose_and_double_nothing(app: Flask, variables: dict[str, str], world: World) -> None:
    """64 at once on one chat: what they appended is in the transcript or set aside, once, with every mark."""
    wide = create_app(Settings.from_environment({**variables, "DATABASE_POOL_SIZE": str(WRITERS)}))
    with app.app_context():
        chat_id = new_chat(world)
    writers = [Writer(wide, chat_id, number) for number in range(WRITERS)]
    with ThreadPoolExecutor(WRITERS) as pool:
        for done in [pool.submit(writer.write) for writer in writers]:
            done.result()
    with wide.app_context():
        db.engine.dispose()
    with app.app_context():
        kept = everything(chat_id)
        assert db.session.scalar(select(Chat.message_count)) == len(kept)
        aside = [held for messages in db.session.scalars(select(VersionPage.messages)) for held in messages]
    assert aside, "nothing was set aside"
    assert max(writer.longest for writer in writers) > BOUND.messages, "nothing was sealed"
    found = [held["id"] for held in kept + aside]
    assert sorted(found) == sorted(key for writer in writers for key in writer.appended)
    assert sum(held.get("marks", 0) for held in kept + aside) == sum(writer.marks for writer in writers) > 0
