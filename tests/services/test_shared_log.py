"""What every shared log keeps to, on a real PostgreSQL and on a real Valkey."""

from __future__ import annotations

import json
import signal
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Self

import pytest
import redis
from flask import Flask
from sqlalchemy import text

from chatstream.extensions import db
from chatstream.models import Chat, Generation
from chatstream.services.shared_log import KEPT_S, Batch, PostgresLog, SharedLog
from chatstream.services.shared_log import redis_streams as streams
from chatstream.services.shared_log.interface import SharedLogUnavailable
from chatstream.services.shared_log.redis_streams import RedisLog
from devkit.embedded_valkey import EmbeddedValkey
from tests.support.world import World


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedValkey]:
    with EmbeddedValkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture
def client(valkey: EmbeddedValkey) -> Iterator[redis.Redis]:
    """A look into the store itself, which is emptied first."""
    with redis.Redis.from_url(valkey.url, decode_responses=True) as client:
        client.flushall()
        yield client


@pytest.fixture
def redis_log(valkey: EmbeddedValkey, client: redis.Redis) -> Iterator[RedisLog]:
    log = RedisLog(valkey.url)
    yield log
    log._client.connection_pool.disconnect()


@pytest.fixture(params=["PostgreSQL", "Valkey"])
def log(request: pytest.FixtureRequest, app: Flask) -> Iterator[SharedLog]:
    """Each implementation, within an application context."""
    with app.app_context():
        yield PostgresLog() if request.param == "PostgreSQL" else request.getfixturevalue("redis_log")


@pytest.fixture
def ids(app: Flask, world: World) -> list[uuid.UUID]:
    """Three running generations of three chats."""
    account = world.account()
    agent_id = uuid.UUID(world.agent(account.team_id))
    with app.app_context():
        return [_generation(account.team_id, account.id, agent_id) for _ in range(3)]


def _generation(team_id: uuid.UUID, user_id: uuid.UUID, agent_id: uuid.UUID) -> uuid.UUID:
    chat = Chat(user_id=user_id, team_id=team_id, agent_id=agent_id)
    db.session.add(chat)
    db.session.flush()
    generation = Generation(chat_id=chat.id, user_id=user_id, agent_id=agent_id, message_id=uuid.uuid4())
    db.session.add(generation)
    db.session.commit()
    return generation.id


def batch(key: uuid.UUID, first: int, *words: str, is_last: bool = False) -> Batch:
    return Batch(generation_id=str(key), first=first, payloads=tuple(map(json.dumps, words)), is_last=is_last)


def test_what_was_never_written_is_empty(log: SharedLog, ids: list[uuid.UUID]) -> None:
    assert log.read(ids[0], after=0) == []
    assert log.read(uuid.uuid4(), after=7) == []


def test_nothing_to_write_is_nothing(log: SharedLog) -> None:
    log.write([])


def test_batches_come_back_as_they_were(log: SharedLog, ids: list[uuid.UUID]) -> None:
    words = ("", " ", "\n", "\\n", '"', "ä€😀", "\u2028", "\x00", "x" * 100_000)
    written = [batch(ids[0], 1, *words), batch(ids[0], 10, "b"), batch(ids[0], 11, "c", is_last=True)]
    for each in written:
        log.write([each])
    assert log.read(ids[0], after=0) == written


def test_each_generation_has_a_log_of_its_own(log: SharedLog, ids: list[uuid.UUID]) -> None:
    written = [batch(key, 1, str(key), is_last=n == 1) for n, key in enumerate(ids)]
    log.write(written)
    assert [log.read(key, after=0) for key in ids] == [[each] for each in written]


def test_reading_starts_with_the_batch_that_has_the_next_event(log: SharedLog, ids: list[uuid.UUID]) -> None:
    written, first = [], 1
    for size in (1, 3, 2, 12, 1, 5):  # ids are numbers, and not ordered as text is
        written.append(batch(ids[0], first, *map(str, range(size))))
        log.write(written[-1:])
        first += size
    for after in range(first + 3):
        assert log.read(ids[0], after=after) == [each for each in written if each.end > after]


@pytest.mark.parametrize("rest", [(), ("c", "d")])
def test_the_closing_batch_is_read_after_any_number(
    log: SharedLog, ids: list[uuid.UUID], rest: tuple[str, ...]
) -> None:
    written = [batch(ids[0], 1, "a", "b"), batch(ids[0], 3, *rest, is_last=True)]
    log.write(written[:1])
    log.write(written[1:])
    assert log.read(ids[0], after=0) == written
    for after in (2, 3, 4, 5, 99_999):
        assert log.read(ids[0], after=after) == written[1:]


def test_a_log_of_nothing_but_its_end(log: SharedLog, ids: list[uuid.UUID]) -> None:
    log.write([batch(ids[0], 1, is_last=True)])
    assert log.read(ids[0], after=0) == [batch(ids[0], 1, is_last=True)]


@pytest.mark.parametrize("first", [1, 4])
@pytest.mark.parametrize(
    ("before", "again"),
    [
        (((), True), ((), True)),
        ((("a", "b"), False), (("a", "b"), False)),
        ((("a", "b"), True), (("a", "b"), True)),
        ((("a", "b"), False), (("a", "b"), True)),
        ((("a", "b"), False), (("a", "b", "c"), False)),
        ((("a", "b"), False), (("a", "b", "c"), True)),
    ],
)
def test_a_repeated_batch_replaces_the_earlier_one(
    log: SharedLog,
    ids: list[uuid.UUID],
    first: int,
    before: tuple[tuple[str, ...], bool],
    again: tuple[tuple[str, ...], bool],
) -> None:
    head = [batch(ids[0], 1, "x", "y", "z")] if first > 1 else []
    if head:
        log.write(head)
    other = batch(ids[1], 1, "other")
    log.write([batch(ids[0], first, *before[0], is_last=before[1]), other])
    last = batch(ids[0], first, *again[0], is_last=again[1])
    log.write([last, other])
    assert log.read(ids[0], after=0) == [*head, last]
    assert log.read(ids[0], after=first - 1) == [last]
    assert log.read(ids[1], after=0) == [other]
    if not last.is_last:
        log.write([batch(ids[0], last.end + 1, "next")])
        assert log.read(ids[0], after=last.end) == [batch(ids[0], last.end + 1, "next")]


def test_what_an_owner_says_of_a_log_closed_over_it_does_no_harm(log: SharedLog, ids: list[uuid.UUID]) -> None:
    """Its receipt was lost, it stalled, a reaper closed the log, and it repeats itself with more."""
    log.write([batch(ids[0], 1, "a", "b")])
    log.write([batch(ids[0], 3, is_last=True)])
    log.write([batch(ids[0], 1, "a", "b", "c"), batch(ids[1], 1, "other")])
    assert log.read(ids[0], after=0) == [batch(ids[0], 1, "a", "b"), batch(ids[0], 3, is_last=True)]
    assert log.read(ids[1], after=0) == [batch(ids[1], 1, "other")]


def test_a_closed_log_takes_nothing_more(log: SharedLog, ids: list[uuid.UUID]) -> None:
    """A reaper closed the log of a worker that was alive after all, and goes on writing."""
    log.write([batch(ids[0], 1, "a", "b")])
    log.write([batch(ids[0], 3, is_last=True)])
    log.write([batch(ids[0], 3, "c")])
    log.write([batch(ids[0], 4, "d", is_last=True)])
    assert log.read(ids[0], after=0) == [batch(ids[0], 1, "a", "b"), batch(ids[0], 3, is_last=True)]
    assert log.read(ids[0], after=2) == [batch(ids[0], 3, is_last=True)]


def test_many_logs_are_read_at_once(log: SharedLog, ids: list[uuid.UUID]) -> None:
    log.write([batch(ids[0], 1, "a", "b"), batch(ids[1], 1, "c")])
    log.write([batch(ids[0], 3, "d"), batch(ids[1], 2, is_last=True)])
    assert log.read_many({}) == {}
    assert log.read_many({ids[0]: 2, ids[1]: 0, ids[2]: 0}) == {
        ids[0]: [batch(ids[0], 3, "d")],
        ids[1]: [batch(ids[1], 1, "c"), batch(ids[1], 2, is_last=True)],
        ids[2]: [],
    }


def test_how_far_logs_go(log: SharedLog, ids: list[uuid.UUID]) -> None:
    assert log.reach([]) == {}
    log.write([batch(ids[0], 1, "a", "b"), batch(ids[1], 1, *map(str, range(9)))])
    log.write([batch(ids[0], 3, "c"), batch(ids[1], 10, "d")])
    log.write([batch(ids[0], 3, "c", "d"), batch(ids[1], 11, is_last=True)])
    assert log.reach(ids) == {ids[0]: 4, ids[1]: 10, ids[2]: 0}


def test_batches_of_deleted_chats_do_no_harm(log: SharedLog, ids: list[uuid.UUID]) -> None:
    db.session.execute(
        text("DELETE FROM chats USING generations g WHERE g.chat_id = chats.id AND g.id = :id"), {"id": ids[0]}
    )
    db.session.commit()
    log.write([batch(ids[0], 1, "a"), batch(ids[1], 1, "b")])
    assert log.read(ids[1], after=0) == [batch(ids[1], 1, "b")]


def test_no_connection_to_the_database_is_held(log: SharedLog, ids: list[uuid.UUID]) -> None:
    log.write([batch(ids[0], 1, "a")])
    log.read(ids[0], after=0)
    log.sweep()
    assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_sweeping_spares_what_is_still_followed(log: SharedLog, ids: list[uuid.UUID]) -> None:
    log.write([batch(key, 1, "a", is_last=True) for key in ids])
    log.sweep()
    assert all(log.read(key, after=0) for key in ids)


# --- what only one of them has to do ----------------------------------------------------------------------------


def test_old_rows_are_swept_away(app: Flask, ids: list[uuid.UUID]) -> None:
    log = PostgresLog()
    with app.app_context():
        log.write([batch(key, 1, "a") for key in ids])
        for key, age in ((ids[0], KEPT_S + 1), (ids[1], KEPT_S - 60)):
            db.session.execute(
                text(
                    "UPDATE generations SET status = 'complete', finished_at = now() - make_interval(secs => :age) "
                    "WHERE id = :id"
                ),
                {"age": age, "id": key},
            )
        db.session.commit()
        assert [log.sweep(), log.sweep()] == [1, 0]
        assert [bool(log.read(key, after=0)) for key in ids] == [False, True, True]


def _ttl(client: redis.Redis, name: str) -> int:
    seconds = client.ttl(name)
    assert isinstance(seconds, int)
    return seconds


def _stats(client: redis.Redis) -> Counter[str]:
    stats = client.info("stats")
    assert isinstance(stats, dict)
    return Counter({name: stats[name] for name in ("total_commands_processed", "total_reads_processed")})


def test_streams_expire(redis_log: RedisLog, client: redis.Redis) -> None:
    key = uuid.uuid4()
    name = f"chatstream:events:{key}"
    redis_log.write([batch(key, 1, "a")])
    assert streams.RUNNING_S - 5 < _ttl(client, name) <= streams.RUNNING_S
    redis_log.write([batch(key, 2, is_last=True)])
    assert KEPT_S - 5 < _ttl(client, name) <= KEPT_S
    assert client.type(name) == "stream"
    assert redis_log.sweep() == 0
    client.expire(name, 0)
    assert redis_log.read(key, after=0) == []


def test_a_write_is_one_round_trip(redis_log: RedisLog, client: redis.Redis) -> None:
    redis_log.write([batch(uuid.uuid4(), 1, "a")])
    before = _stats(client)
    redis_log.write([batch(uuid.uuid4(), 1, "a") for _ in range(30)])
    spent = _stats(client) - before
    assert spent["total_commands_processed"] == 62  # one is that of _stats itself
    assert spent["total_reads_processed"] <= 6  # one, unless what was sent at once has come in parts


def test_a_read_is_one_round_trip_and_takes_what_is_new_only(redis_log: RedisLog, client: redis.Redis) -> None:
    key = uuid.uuid4()
    for first in range(1, 101):
        redis_log.write([batch(key, first, "x" * 1000)])
    before = _stats(client)
    assert redis_log.read(key, after=99) == [batch(key, 100, "x" * 1000)]
    spent = _stats(client) - before
    assert spent["total_commands_processed"] == 5  # MULTI, the two, EXEC; and that of _stats
    assert spent["total_reads_processed"] <= 3


def test_any_other_refusal_is_told(redis_log: RedisLog, client: redis.Redis) -> None:
    key = uuid.uuid4()
    client.set(f"chatstream:events:{key}", "not a stream")
    with pytest.raises(SharedLogUnavailable):
        redis_log.write([batch(key, 1, "a")])
    with pytest.raises(SharedLogUnavailable):
        redis_log.read(key, after=0)


@pytest.mark.parametrize("how", ["nobody listens", "it hangs", "the password is wrong"])
def test_a_server_that_does_not_answer(valkey: EmbeddedValkey, tmp_path: Path, how: str) -> None:
    with EmbeddedValkey(tmp_path) as server:
        assert server.process
        url = server.url if how != "the password is wrong" else server.url.replace("redis://:", "redis://:x")
        log, key = RedisLog(url), uuid.uuid4()
        if how == "nobody listens":
            log.write([batch(key, 1, "a")])
            server.stop()
        elif how == "it hangs":
            log.write([batch(key, 1, "a")])
            server.process.send_signal(signal.SIGSTOP)
        for call in (lambda: log.write([batch(key, 2, "b")]), lambda: log.read(key, after=0)):
            started = time.monotonic()
            with pytest.raises(SharedLogUnavailable):
                call()
            assert time.monotonic() - started < 2.5 * streams.TIMEOUT_S
        if how == "it hangs":
            server.process.send_signal(signal.SIGCONT)
            log.write([batch(key, 2, "b")])
            assert log.read(key, after=0) == [batch(key, 1, "a"), batch(key, 2, "b")]
        elif how == "nobody listens":
            server.start()
            assert log.reach([key]) == {key: 0}
            with pytest.raises(SharedLogUnavailable):
                log.write([batch(key, 2, "b")])  # what came before is lost, and nobody could follow this
            assert log.read(key, after=0) == []
            log.write([batch(key, 1, "a", "b")])
            assert log.read(key, after=1) == [batch(key, 1, "a", "b")]
        log._client.connection_pool.disconnect()


class Listening:
    """A listener in a thread of its own, and what it has said. Ends with the first word after the test."""

    def __init__(self, url: str) -> None:
        self.heard: list[uuid.UUID | None] = []
        self._log = RedisLog(url)
        self._over = False
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        with suppress(SystemExit):
            self._log.listen(self._wake)

    def _wake(self, key: uuid.UUID | None) -> None:
        if self._over:
            raise SystemExit
        self.heard.append(key)

    def wait_for(self, *heard: uuid.UUID | None, seconds: float = 5) -> None:
        """Wait until exactly this has been heard since the last time."""
        deadline = time.monotonic() + seconds
        while len(self.heard) < len(heard):
            assert time.monotonic() < deadline, f"{self.heard} is not {heard}"
            time.sleep(0.01)
        assert self.heard == list(heard)
        self.heard.clear()

    def __enter__(self) -> Self:
        self.thread.start()
        self.wait_for(None)
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        self._log.write([batch(uuid.uuid4(), 1, "a")])
        self.thread.join(5)
        assert not self.thread.is_alive()
        self._log._client.connection_pool.disconnect()


def test_growth_is_heard(redis_log: RedisLog, client: redis.Redis, valkey: EmbeddedValkey) -> None:
    keys = [uuid.uuid4() for _ in range(500)]
    with Listening(valkey.url) as listening:
        redis_log.write([batch(keys[0], 1, "a")])
        listening.wait_for(keys[0])
        redis_log.write([batch(key, 1, "a") for key in keys])
        listening.wait_for(*keys)
        client.publish(streams.CHANNEL, "nonsense")
        listening.wait_for(None)
        redis_log.write([batch(keys[1], 1, "a")])  # nothing new; a word of it does no harm
        listening.wait_for(keys[1])


def test_after_a_lost_connection_anything_may_have_grown(
    redis_log: RedisLog, client: redis.Redis, valkey: EmbeddedValkey
) -> None:
    key = uuid.uuid4()
    with Listening(valkey.url) as listening:
        client.client_kill_filter(_type="pubsub")
        listening.wait_for(None)
        redis_log.write([batch(key, 1, "a")])
        listening.wait_for(key)


def test_a_listener_outlives_the_server(tmp_path: Path) -> None:
    with EmbeddedValkey(tmp_path) as server, Listening(server.url) as listening:
        server.stop()
        time.sleep(1.5)
        server.start()
        listening.wait_for(None)


@pytest.mark.timeout(60)
def test_silence_is_told_from_a_server_that_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(streams, "SILENCE_S", 0.3)
    with EmbeddedValkey(tmp_path) as server, Listening(server.url) as listening:
        assert server.process
        time.sleep(1.5)  # nobody says anything
        assert (listening.heard, caplog.messages) == ([], [])
        server.process.send_signal(signal.SIGSTOP)
        time.sleep(1.5)
        assert caplog.messages
        server.process.send_signal(signal.SIGCONT)
        listening.wait_for(None)


def test_in_postgresql_the_words_come_another_way() -> None:
    PostgresLog().listen(lambda _: pytest.fail("heard something"))
