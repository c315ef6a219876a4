"""The reaper: it takes what has lost its worker, once, and nothing that is only slow."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from chatstream.extensions import db
from chatstream.models import Chat, Generation
from chatstream.services import sse
from chatstream.services.events import INTERRUPTED, Text
from chatstream.services.generations import reaping
from chatstream.services.generations.reaping import reap
from chatstream.services.shared_log import Batch, PostgresLog
from tests.support.world import World

LOST = 8


@pytest.fixture
def log() -> PostgresLog:
    return PostgresLog()


@pytest.fixture
def lost(app: Flask, world: World, log: PostgresLog) -> Iterator[list[uuid.UUID]]:
    """Generations of a worker that was killed, each with some text in the shared log."""
    account = world.account()
    agent_id = uuid.UUID(world.agent(account.team_id))
    with app.app_context():
        keys = []
        for _ in range(LOST):
            chat = Chat(user_id=account.id, team_id=account.team_id, agent_id=agent_id)
            db.session.add(chat)
            db.session.flush()
            generation = Generation(chat_id=chat.id, user_id=account.id, agent_id=agent_id)
            db.session.add(generation)
            db.session.commit()
            keys.append(generation.id)
        payloads = tuple(sse.payload(Text(word)) for word in ("so ", "far"))
        log.write([Batch(generation_id=str(key), first=1, payloads=payloads, is_last=False) for key in keys])
        _age(keys, reaping.STALE_AFTER_S + 1)
        yield keys


def _age(keys: list[uuid.UUID], seconds: float) -> None:
    db.session.execute(
        text("UPDATE generations SET heartbeat_at = now() - :s * interval '1 second' WHERE id = ANY(:keys)"),
        {"keys": keys, "s": seconds},
    )
    db.session.commit()


def _stored() -> dict[uuid.UUID, tuple[str, list[tuple[str, str]]]]:
    rows = db.session.execute(
        text("SELECT generations.id, status, messages FROM generations JOIN chats ON chats.id = chat_id")
    ).all()
    db.session.rollback()
    return {row[0]: (row[1], [(m["status"], m["content"]) for m in row[2]]) for row in rows}


def test_many_reapers_at_once_store_each_answer_once(app: Flask, log: PostgresLog, lost: list[uuid.UUID]) -> None:
    start = threading.Barrier(4)

    def one() -> int:
        with app.app_context():
            start.wait()
            return reap(log, [])

    with ThreadPoolExecutor(4) as pool:
        counts = [count.result() for count in [pool.submit(one) for _ in range(4)]]
    assert sum(counts) == LOST
    assert all(stored == ("interrupted", [("interrupted", "so far")]) for stored in _stored().values())
    assert all(log.read(key, after=0)[-1].is_last for key in lost)


def test_while_one_reaps_the_others_do_nothing(app: Flask, log: PostgresLog, lost: list[uuid.UUID]) -> None:
    with db.engine.connect() as other:
        other.scalar(select(func.pg_advisory_xact_lock(reaping.LOCK)))
        assert reap(log, []) == 0
    assert reap(log, []) == LOST


def test_what_is_slow_only_is_left_alone(
    app: Flask, log: PostgresLog, lost: list[uuid.UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its worker says that it is alive between the look for lost ones and the end of one."""

    def read(generation_id: uuid.UUID, *, after: int) -> Any:
        _age([lost[0]], 0)
        return PostgresLog.read(log, generation_id, after=after)

    monkeypatch.setattr(log, "read", read)
    assert reap(log, []) == LOST - 1
    assert _stored()[lost[0]] == ("running", [])
    _age(lost, reaping.STALE_AFTER_S - 2)
    assert reap(log, []) == 0


def test_what_is_in_another_store_is_left_to_those_who_read_it(log: PostgresLog, lost: list[uuid.UUID]) -> None:
    db.session.execute(text("UPDATE generations SET shared_log = 'redis' WHERE id = :key"), {"key": lost[0]})
    db.session.commit()
    assert reap(log, []) == LOST - 1
    assert _stored()[lost[0]] == ("running", [])
    _age(lost[:1], reaping.OTHER_LOG_AFTER_S + 1)
    assert reap(log, []) == 1


def test_of_an_answer_without_a_word_something_is_told(app: Flask, log: PostgresLog, lost: list[uuid.UUID]) -> None:
    db.session.execute(text("DELETE FROM generation_events WHERE generation_id = :key"), {"key": lost[0]})
    db.session.commit()
    assert reap(log, []) == LOST
    (batch,) = log.read(lost[0], after=0)
    assert (batch.payloads, batch.is_last) == ((sse.payload(INTERRUPTED),), True)


def test_what_runs_here_is_alive_whatever_its_heartbeat_says(log: PostgresLog, lost: list[uuid.UUID]) -> None:
    assert reap(log, lost[:3]) == LOST - 3
    assert {key for key, (status, _) in _stored().items() if status == "running"} == set(lost[:3])
