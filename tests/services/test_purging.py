"""What is left of deleted chats goes in batches, wherever the last worker was stopped, and nothing else goes."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select, text

from chatstream.extensions import db
from chatstream.models import Chat, Generation, GenerationEvent
from chatstream.services import deleting, purging, transcripts
from chatstream.services.purging import purge
from tests.services.test_transcripts import BOUND, message, new_chat, new_version
from tests.support.server import Server
from tests.support.world import World

TABLES = (
    *("chats", "chat_pages", "chat_versions", "version_pages"),
    *("search_entries", "generations", "generation_events"),
)
MESSAGES = 700


@pytest.fixture
def context(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def counts() -> dict[str, int]:
    rows = db.session.execute(
        text(" UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in TABLES))
    ).all()
    db.session.rollback()
    return {row[0]: row[1] for row in rows}


def long_chat(world: World) -> uuid.UUID:
    """A chat with a part set aside, and as many generations as it may take more than a batch to delete."""
    chat_id = new_chat(world)
    chat = db.session.get_one(Chat, chat_id)
    messages = [message() for _ in range(MESSAGES)]
    transcripts.extend(chat_id, messages, bound=BOUND)
    transcripts.rewind(chat_id, messages[300]["id"], version_id=new_version(chat_id, messages[300]["id"]))
    transcripts.extend(chat_id, messages[300:], bound=BOUND)
    owner = {"chat_id": chat_id, "user_id": chat.user_id, "agent_id": chat.agent_id}
    ended = [Generation(**owner, status="complete", finished_at=func.now()) for _ in range(250)]
    db.session.add_all(ended)
    db.session.flush()
    db.session.add(GenerationEvent(generation_id=ended[0].id, seq=1, count=1, payloads="{}"))
    db.session.commit()
    return chat_id


def test_everything_goes_batch_by_batch_wherever_it_was_stopped(context: None, world: World) -> None:
    long_chat(world)
    kept = counts()
    assert all(kept.values())
    gone = {long_chat(world) for _ in range(2)}
    assert deleting.mark(Chat.id.in_(gone)) == gone
    db.session.commit()
    sizes: list[int] = []

    def note(_connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if "DELETE FROM" in statement:
            sizes.append(cursor.rowcount)

    event.listen(db.engine, "after_cursor_execute", note)
    turns = 1
    while not purge(turn_s=0):
        turns += 1
        assert counts()["chats"] == 3, "a chat went before what hangs on it"
    event.remove(db.engine, "after_cursor_execute", note)
    assert counts() == kept
    assert turns > 10
    assert max(sizes) == 500


def test_a_batch_begins_where_the_last_one_ended(context: None, world: World) -> None:
    """What is deleted stays in the index while a dump's snapshot is open, and would be gone over with each batch."""
    chats = [long_chat(world) for _ in range(3)]
    deleting.mark(Chat.id.in_(chats))
    db.session.commit()
    begun: list[dict[str, int]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "DELETE FROM search_entries" in statement:
            begun.append(dict(zip(map(str, parameters["owners"]), parameters["after"], strict=True)))

    event.listen(db.engine, "before_cursor_execute", note)
    assert purge()
    event.remove(db.engine, "before_cursor_execute", note)
    assert len(begun) == 3 * MESSAGES // 500 + 1
    assert set(begun[0].values()) == {-2}
    for before, after in pairwise(begun):
        assert after.keys() <= before.keys()
        assert after != before
        assert all(place >= before[chat] for chat, place in after.items())
        assert sum(place > -2 for place in after.values()) == 1, "those before it are done, those behind not begun"
    assert set(counts().values()) == {0}


def test_while_one_purges_the_others_do_nothing(context: None, world: World) -> None:
    chat_id = new_chat(world)
    deleting.mark(Chat.id == chat_id)
    db.session.commit()
    with db.engine.connect() as other:
        other.scalar(select(func.pg_advisory_xact_lock(purging.LOCK)))
        assert not purge()
        assert counts()["chats"] == 1
    assert purge()
    assert counts()["chats"] == 0


def test_a_server_purges_by_itself(context: None, world: World, server: Server) -> None:
    deleting.mark(Chat.id == long_chat(world))
    db.session.commit()
    deadline = time.monotonic() + 15
    while any(counts().values()) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert set(counts().values()) == {0}
