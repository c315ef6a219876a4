"""A worker that is killed after it has stored an answer, and before the shared log has its end."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import text

from chatstream.extensions import db
from tests.support.frames import Stream, read
from tests.support.person import Person
from tests.support.world import Account, World

INTERRUPTED = {"description": "Stream interrupted", "level": "warning", "done": True}
HAVE_WORD_S = 5
"""Within so long a client knows that nothing more is to come."""


@pytest.fixture
def account(world: World) -> Account:
    return world.account()


@pytest.fixture
def client(account: Account, person: Callable[[Account], Person]) -> Person:
    return person(account)


@pytest.fixture
def chat_id(world: World, account: Account, client: Person, simulator: str) -> str:
    return client.open_chat(world.agent(account.team_id, f"{simulator}?tokens=40&delay_ms=20"))


def lose_the_end(app: Flask) -> int:
    """What such a kill leaves; how many events are still there."""
    with app.app_context():
        while not db.session.scalar(text("SELECT count(*) FROM generation_events WHERE is_last")):
            db.session.rollback()
        db.session.execute(text("DELETE FROM generation_events WHERE is_last OR seq > 20"))
        db.session.commit()
        return int(db.session.scalar(text("SELECT sum(count) FROM generation_events")) or 0)


def test_a_client_that_comes_back_is_told_that_nothing_is_left(app: Flask, client: Person, chat_id: str) -> None:
    """It gets what is there, and then a 204: not one stream of nothing after the other until the events are swept."""
    stream = client.send(chat_id)
    left = lose_the_end(app)
    assert 5 < left < len(stream.events)
    started, place = time.monotonic(), 5
    answers: list[int] = []
    while not answers or answers[-1] == 200:
        seen = {"Last-Event-ID": f"{stream.generation_id}:{place}"}
        with client.get(f"/api/chats/{chat_id}/stream", headers=seen, stream=True) as response:
            answers.append(response.status_code)
            if response.status_code == 200:
                rest = Stream(stream.generation_id, stream.events[:place])
                read(response, rest)
                place = len(rest.events)
    assert answers in ([200, 204], [200, 200, 204])
    assert place == left
    assert time.monotonic() - started < HAVE_WORD_S


def test_a_repeated_send_gets_what_is_there(app: Flask, client: Person, chat_id: str) -> None:
    """Under the numbers of the first time, so that it can go on behind any of them."""
    with client.begin(chat_id, "Once", headers={"Idempotency-Key": "k"}) as response:
        stream = read(response)
    left = lose_the_end(app)
    with client.begin(chat_id, "Once", headers={"Idempotency-Key": "k"}) as response:
        assert read(response).events == stream.events[:left]


def test_a_repeated_send_of_which_nothing_is_there_gets_the_stored_end(
    app: Flask, client: Person, chat_id: str
) -> None:
    """Its worker was killed before the first events were shared."""
    with client.begin(chat_id, "Once", headers={"Idempotency-Key": "k"}) as response:
        stream = read(response)
    lose_the_end(app)
    for status, end in (("complete", stream.end), ("interrupted", ("status", INTERRUPTED))):
        with app.app_context():
            db.session.execute(text("DELETE FROM generation_events"))
            db.session.execute(
                text("UPDATE chats SET messages = jsonb_set(messages, '{1,status}', to_jsonb(CAST(:s AS text)))"),
                {"s": status},
            )
            db.session.commit()
        with client.begin(chat_id, "Once", headers={"Idempotency-Key": "k"}) as response:
            again = read(response)
        assert (again.text, again.end) == (stream.text, end)
        seen = {"Last-Event-ID": f"{again.generation_id}:1"}
        time.sleep(2.1)
        assert client.get(f"/api/chats/{chat_id}/stream", headers=seen).status_code == 204
