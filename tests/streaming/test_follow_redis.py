"""Following and resuming on another node with the shared log in Redis; and streams when Redis goes away."""

from __future__ import annotations

import itertools
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from chatstream.extensions import db
from chatstream.n8n_sim.answers import expected_text
from devkit.embedded_valkey import EmbeddedValkey
from tests.streaming.test_follow import Two, follow, frames_of, join, open_chat, wait_until
from tests.support.frames import Stream
from tests.support.person import Person
from tests.support.server import Server
from tests.support.world import Account, World


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedValkey]:
    with EmbeddedValkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture(scope="module")
def with_redis(variables: dict[str, str], valkey: EmbeddedValkey) -> dict[str, str]:
    return {**variables, "REDIS_URL": valkey.url, "GRACEFUL_TIMEOUT": "5"}


@pytest.fixture(scope="module")
def nodes(
    _app: Flask, with_redis: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, Server]]:
    """Two nodes that share a database and a Valkey."""
    logs = tmp_path_factory.mktemp("nodes")
    with Server(with_redis, logs / "a") as a, Server(with_redis, logs / "b") as b:
        yield a, b


@pytest.fixture
def account(world: World) -> Account:
    return world.account()


@pytest.fixture
def both(nodes: tuple[Server, Server], account: Account) -> Iterator[Two]:
    """The same person at both nodes."""
    with Person(nodes[0].url, account) as a, Person(nodes[1].url, account) as b:
        yield a, b


def test_the_events_are_in_redis_only(app: Flask, world: World, account: Account, both: Two, simulator: str) -> None:
    a, b = both
    chat_id = open_chat(world, account, a, simulator, "tokens=60&delay_ms=20")
    with a.begin(chat_id) as first, ThreadPoolExecutor(8) as pool:
        tabs = [pool.submit(follow, who, chat_id) for who in (a, b) * 4]
        original = frames_of(first)
        assert all(tab.result() == original for tab in tabs)
    stream = stream_of(original)
    assert (stream.text, stream.end[0]) == (expected_text(60), "done")
    with app.app_context():
        assert db.session.execute(text("SELECT count(*) FROM generation_events")).scalar_one() == 0


def test_a_follower_is_told_as_soon_as_there_is_more(world: World, account: Account, both: Two, simulator: str) -> None:
    """Woken by the word of it, and not by looking now and then."""
    a, b = both
    chat_id = open_chat(world, account, a, simulator, "tokens=40&delay_ms=50")
    with a.begin(chat_id) as first:
        next(first.iter_content(None))
        arrivals = []
        with join(b, chat_id) as followed:
            for _ in followed.iter_content(None):
                arrivals.append(time.monotonic())
    gaps = [later - earlier for earlier, later in itertools.pairwise(arrivals)]
    assert len(gaps) > 5
    assert sorted(gaps)[len(gaps) // 2] < 0.6


def test_a_resumed_stream_has_exactly_the_rest(world: World, account: Account, both: Two, simulator: str) -> None:
    a, _ = both
    chat_id = open_chat(world, account, a, simulator, "tokens=30&delay_ms=10")
    with a.begin(chat_id) as response:
        whole = frames_of(response)
    time.sleep(0.5)
    generation_id = response.headers["X-Generation-ID"]
    for who in both:
        for seen in range(len(whole)):
            assert frames_of(join(who, chat_id, f"{generation_id}:{seen}")) == whole[seen:]
        assert join(who, chat_id, f"{generation_id}:{len(whole)}").status_code == 204
        assert join(who, chat_id, f"{generation_id}:99999").status_code == 204


def test_cut_again_and_again_nothing_is_missed(world: World, account: Account, both: Two, simulator: str) -> None:
    """A client that is thrown out after each piece and comes back at the other node."""
    a, _ = both
    chat_id = open_chat(world, account, a, simulator, "tokens=160&delay_ms=20")
    stream = Stream()
    with a.begin(chat_id) as response:
        stream.feed(next(response.iter_content(None)))
    turns = 0
    while stream.end[0] != "done":
        stream.rest = b""
        with join(both[turns % 2], chat_id, f"{stream.generation_id}:{len(stream.events)}") as response:
            assert response.status_code == 200
            for number, chunk in enumerate(response.iter_content(512)):
                stream.feed(chunk)
                if number == 2:
                    break
        turns += 1
        assert turns < 200
    assert turns > 5
    assert stream.text == expected_text(160)
    assert a.chat(chat_id)["messages"][-1]["content"] == stream.text


def test_an_answer_is_stopped_on_any_node(world: World, account: Account, both: Two, simulator: str) -> None:
    a, b = both
    chat_id = open_chat(world, account, a, simulator, "tokens=2000&delay_ms=20")
    with a.begin(chat_id) as response, ThreadPoolExecutor(1) as pool:
        tab = pool.submit(follow, b, chat_id)
        time.sleep(0.5)
        assert b.post(f"/api/chats/{chat_id}/stop").json() == {"stopped": True}
        whole = frames_of(response)
        assert tab.result() == whole
    assert stream_of(whole).end[1]["status"] == "stopped"


@pytest.mark.timeout(90)
def test_the_text_of_a_killed_worker_is_put_together_again(
    app: Flask, with_redis: dict[str, str], world: World, account: Account, both: Two, simulator: str, tmp_path: Path
) -> None:
    _, b = both
    with Server(with_redis, tmp_path / "log") as doomed, Person(doomed.url, account) as client:
        chat_id = open_chat(world, account, client, simulator, "tokens=2000&delay_ms=20")
        stream = Stream()
        with client.begin(chat_id, "keep me") as response:
            for chunk in response.iter_content(None):
                stream.feed(chunk)
                if len(stream.events) > 100:
                    break
            children = Path(f"/proc/{doomed.child.pid}/task/{doomed.child.pid}/children")
            os.kill(int(children.read_text().split()[0]), signal.SIGKILL)
    with app.app_context():  # half a minute passes
        db.session.execute(text("UPDATE generations SET heartbeat_at = now() - interval '31 seconds'"))
        db.session.commit()
    wait_until(lambda: b.chat(chat_id)["generation"] is None, seconds=25)
    answer = b.chat(chat_id)["messages"][1]
    assert (answer["role"], answer["status"]) == ("assistant", "interrupted")
    saved = answer["content"]
    assert saved
    assert stream.text.startswith(saved)
    assert len(stream.text) - len(saved) <= len(expected_text(60)), "over a second of text is missing"
    rest = stream_of(frames_of(join(b, chat_id)))
    assert rest.text == saved


# --- without Redis ------------------------------------------------------------------------------------------


@pytest.mark.timeout(90)
@pytest.mark.parametrize("how", ["stopped", "hanging"])
def test_streams_go_on_without_redis(
    world: World, account: Account, both: Two, simulator: str, valkey: EmbeddedValkey, how: str
) -> None:
    """The one who asked sees no difference; those at other nodes have it all when Redis is back."""
    a, b = both
    chat_id = open_chat(world, account, a, simulator, "tokens=80&delay_ms=50")
    local, away_at = Stream(), 0.0
    with ThreadPoolExecutor(1) as pool:
        try:
            with a.begin(chat_id) as response:
                chunks = response.iter_content(None)
                local.feed(next(chunks))
                tab = pool.submit(follow, b, chat_id)
                arrivals = []
                for chunk in chunks:
                    local.feed(chunk)
                    arrivals.append(time.monotonic())
                    if not away_at and len(local.events) > 20:
                        _take_away(valkey, how)
                        away_at = time.monotonic()
            ended_at = time.monotonic()
            assert local.end[0] == "done"
            assert local.text == expected_text(80)
            assert ended_at - away_at < 8, "the stream waited for Redis"
            assert max(later - earlier for earlier, later in itertools.pairwise(arrivals)) < 1
            assert a.chat(chat_id)["messages"][-1]["content"] == local.text
            with Person(b.url, account) as again:
                assert again.chat(chat_id)["message_count"] == 2
            assert not tab.done()
        finally:
            _give_back(valkey, how)
        followed = stream_of(tab.result(timeout=30))
    assert followed.events == local.events
    with a.begin(chat_id) as response:
        whole = frames_of(response)
    wait_until(lambda: join(b, chat_id).status_code == 200)
    assert frames_of(join(b, chat_id)) == whole


@pytest.mark.timeout(60)
def test_a_redis_that_has_forgotten_all_is_told_again(
    world: World, account: Account, both: Two, simulator: str, valkey: EmbeddedValkey
) -> None:
    """It was started again without its data, maybe unnoticed; whoever comes later at another node has it from the
    first word on."""
    a, b = both
    chat_id = open_chat(world, account, a, simulator, "tokens=60&delay_ms=50")
    local = Stream()
    with ThreadPoolExecutor(1) as pool, a.begin(chat_id) as response:
        tab = None
        for chunk in response.iter_content(None):
            local.feed(chunk)
            if tab is None and len(local.events) > 30:
                valkey.stop()
                valkey.start()
                tab = pool.submit(follow, b, chat_id)
        assert tab is not None
        assert stream_of(tab.result(timeout=30)).events == local.events
    assert local.text == expected_text(60)


def test_a_chat_starts_and_ends_while_redis_is_away(
    world: World, account: Account, both: Two, simulator: str, valkey: EmbeddedValkey
) -> None:
    a, b = both
    chat_id = open_chat(world, account, a, simulator, "tokens=20&delay_ms=10")
    valkey.stop()
    try:
        stream = a.send(chat_id)
        assert (stream.text, stream.end[0]) == (expected_text(20), "done")
        assert b.chat(chat_id)["messages"][-1]["content"] == stream.text
    finally:
        valkey.start()
    wait_until(lambda: len(frames_of(join(b, chat_id))) == len(stream.events))
    assert stream_of(frames_of(join(b, chat_id))).events == stream.events


def stream_of(frames: list[bytes]) -> Stream:
    stream = Stream()
    stream.feed(b"\n\n".join([*frames, b""]))
    return stream


def _take_away(valkey: EmbeddedValkey, how: str) -> None:
    if how == "stopped":
        valkey.stop()
    else:
        assert valkey.process
        valkey.process.send_signal(signal.SIGSTOP)


def _give_back(valkey: EmbeddedValkey, how: str) -> None:
    if how == "stopped":
        if valkey.process is None:
            valkey.start()
    else:
        assert valkey.process
        valkey.process.send_signal(signal.SIGCONT)
