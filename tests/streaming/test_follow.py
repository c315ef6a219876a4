"""Following, resuming and stopping an answer on another node than the one that writes it."""

from __future__ import annotations

import os
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import text

from chatstream.extensions import db
from chatstream.n8n_sim.answers import expected_text
from tests.support.frames import Stream, read
from tests.support.person import Person
from tests.support.purged import clear_away
from tests.support.server import Server
from tests.support.world import Account, World

Two = tuple[Person, Person]


@pytest.fixture(scope="module")
def node_b(_app: Flask, variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A second node on the same database; its pool is small, so that a connection held in a stream would show."""
    small = {**variables, "GRACEFUL_TIMEOUT": "5", "DATABASE_POOL_SIZE": "2"}
    with Server(small, tmp_path_factory.mktemp("node-b") / "log") as server:
        yield server


@pytest.fixture
def account(world: World) -> Account:
    return world.account()


@pytest.fixture
def both(server: Server, node_b: Server, account: Account) -> Iterator[Two]:
    """The same person at both nodes."""
    with Person(server.url, account) as a, Person(node_b.url, account) as b:
        yield a, b


def join(person: Person, chat_id: str, last_event_id: str | None = None) -> requests.Response:
    headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
    return person.get(f"/api/chats/{chat_id}/stream", headers=headers, stream=True)


def frames_of(response: requests.Response) -> list[bytes]:
    """The frames of a whole stream, comments aside."""
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"] == "text/event-stream"
    assert response.headers["X-Accel-Buffering"] == "no"
    return [block for block in response.content.split(b"\n\n") if block and not block.startswith(b":")]


def follow(person: Person, chat_id: str) -> list[bytes]:
    return frames_of(join(person, chat_id))


def open_chat(world: World, account: Account, person: Person, simulator: str, options: str) -> str:
    return person.open_chat(world.agent(account.team_id, f"{simulator}?{options}"))


def wait_until(condition: Callable[[], Any], *, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "in vain"
        time.sleep(0.02)


def test_any_number_of_tabs_follow_on_any_node(world: World, account: Account, both: Two, simulator: str) -> None:
    a, b = both
    chat_id = open_chat(world, account, a, simulator, "tokens=60&delay_ms=20")
    with a.begin(chat_id) as first, ThreadPoolExecutor(8) as pool:
        assert a.chat(chat_id)["generation"]["id"] == first.headers["X-Generation-ID"]
        tabs = [pool.submit(follow, who, chat_id) for who in (a, b) * 4]
        original = frames_of(first)
        assert all(tab.result() == original for tab in tabs)
    stream = Stream()
    stream.feed(b"\n\n".join([*original, b""]))
    assert stream.text == expected_text(60)
    assert stream.end[0] == "done"


def test_a_resumed_stream_has_exactly_the_rest(world: World, account: Account, both: Two, simulator: str) -> None:
    a, _ = both
    chat_id = open_chat(world, account, a, simulator, "tokens=30&delay_ms=10")
    with a.begin(chat_id) as response:
        whole = frames_of(response)
    time.sleep(0.5)
    generation_id = whole[0].split(b" ")[1].split(b":")[0].decode()
    for who in both:
        for seen in range(len(whole)):
            assert frames_of(join(who, chat_id, f"{generation_id}:{seen}")) == whole[seen:]
        assert join(who, chat_id, f"{generation_id}:{len(whole)}").status_code == 204
        assert join(who, chat_id, f"{generation_id}:99999").status_code == 204
        query = who.get(f"/api/chats/{chat_id}/stream?last_event_id={generation_id}:5", stream=True)
        assert frames_of(query) == whole[5:]


def test_cut_at_every_byte_nothing_is_missed(world: World, account: Account, both: Two, simulator: str) -> None:
    """Wherever the first stream is cut: what was whole of it, and the rest by its last id, make the answer."""
    a, b = both
    chat_id = open_chat(world, account, a, simulator, "tokens=12&delay_ms=20")
    with a.begin(chat_id) as response:
        raw = response.content
    time.sleep(0.5)
    generation_id = response.headers["X-Generation-ID"]
    rests: dict[int, bytes] = {}
    for offset in range(len(raw) + 1):
        whole = raw[: raw.rfind(b"\n\n", 0, offset) + 2] if b"\n\n" in raw[:offset] else b""
        seen = whole.count(b"\n\n")
        if seen not in rests:
            rests[seen] = join(b, chat_id, f"{generation_id}:{seen}").content
        stream = Stream()
        stream.feed(whole + rests[seen])
        assert stream.text == expected_text(12)
        assert stream.end[0] == "done"
    assert len(rests) == raw.count(b"\n\n") + 1 > 6


def test_cut_again_and_again_nothing_is_missed(world: World, account: Account, both: Two, simulator: str) -> None:
    """A client that is thrown out after each piece and comes back at the other node."""
    a, _ = both
    chat_id = open_chat(world, account, a, simulator, "tokens=160&delay_ms=20")
    stream = Stream()
    with a.begin(chat_id) as response:
        stream.feed(next(response.iter_content(None)))
    turns = 0
    while not stream.events or stream.end[0] != "done":
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


def test_nothing_to_follow_is_204(app: Flask, world: World, account: Account, both: Two, simulator: str) -> None:
    a, b = both
    chat_id = open_chat(world, account, a, simulator, "tokens=2&delay_ms=50")
    assert join(a, chat_id).status_code == 204
    a.send(chat_id)
    time.sleep(0.5)
    assert len(frames_of(join(b, chat_id))) == 5
    assert join(b, chat_id, f"{uuid.uuid4()}:3").status_code == 204
    with app.app_context():
        db.session.execute(text("UPDATE generations SET finished_at = now() - interval '301 seconds'"))
        db.session.commit()
    assert join(a, chat_id).status_code == 204


SOME_ID = "0c9d1e8a-5b7f-4a5e-9a53-6f2a5a3f7c11"


@pytest.mark.parametrize("bad", ["x", "1", SOME_ID, f"{SOME_ID}:-1", f"{SOME_ID}:x", "a" * 200])
def test_ids_that_are_none_of_ours_are_refused(
    world: World, account: Account, both: Two, simulator: str, bad: str
) -> None:
    chat_id = open_chat(world, account, both[0], simulator, "tokens=2")
    answer = join(both[0], chat_id, bad)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["last_event_id"])


def test_strangers_neither_follow_nor_stop(
    world: World, account: Account, both: Two, simulator: str, server: Server
) -> None:
    a, _ = both
    chat_id = open_chat(world, account, a, simulator, "tokens=40&delay_ms=20")
    with a.begin(chat_id) as response:
        for team in (account.team_id, world.team()):
            with Person(server.url, world.account(team, role="admin")) as stranger:
                event_id = f"{response.headers['X-Generation-ID']}:0"
                assert join(stranger, chat_id).status_code == 404
                assert join(stranger, chat_id, event_id).status_code == 404
                assert stranger.post(f"/api/chats/{chat_id}/stop").status_code == 404
        assert read(response).end[0] == "done"


def test_open_followers_hold_no_connection(world: World, account: Account, both: Two, simulator: str) -> None:
    """Ten followers on a node with a pool of two, while others ask for pages."""
    a, b = both
    chat_id = open_chat(world, account, a, simulator, "tokens=60&delay_ms=50")
    with a.begin(chat_id) as response, ThreadPoolExecutor(10) as pool:
        tabs = [pool.submit(follow, b, chat_id) for _ in range(10)]
        time.sleep(1)
        assert all(b.get("/api/chats/").status_code == 200 for _ in range(10))
        whole = frames_of(response)
        assert all(tab.result() == whole for tab in tabs)


# --- stopping -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", ["tokens=2000&delay_ms=20", "tokens=5&first_delay_ms=60000", "fail=hang_headers"])
def test_a_stop_at_the_other_node_is_quick_and_keeps_the_text(
    world: World, account: Account, both: Two, simulator: str, options: str
) -> None:
    a, b = both
    base = simulator.rpartition("/webhook/")[0]
    chat_id = open_chat(world, account, a, simulator, options)
    with a.begin(chat_id) as response:
        time.sleep(0.5)
        started = time.monotonic()
        assert b.post(f"/api/chats/{chat_id}/stop").json() == {"stopped": True}
        took = time.monotonic() - started
        stream = read(response)
    assert took < 1
    assert stream.types[-2:] == ["status", "done"]
    assert stream.end[1]["message"] == "Stream stopped"
    answer = a.chat(chat_id)["messages"][-1]
    assert (answer["status"], answer["content"]) == ("stopped", stream.text)
    assert answer["id"] == stream.end[1]["message_id"]
    assert b.post(f"/api/chats/{chat_id}/stop").json() == {"stopped": False}
    wait_until(lambda: requests.get(f"{base}/connections", timeout=30).json()["open"] == 0)


@pytest.mark.parametrize("how", ["delete the chat", "delete the agent", "deactivate the user", "end the session"])
def test_what_ends_a_right_ends_the_stream(
    app: Flask, world: World, account: Account, both: Two, simulator: str, server: Server, how: str
) -> None:
    a, b = both
    agent_id = world.agent(account.team_id, f"{simulator}?tokens=2000&delay_ms=20")
    chat_id = a.open_chat(agent_id)
    with a.begin(chat_id) as response:
        time.sleep(0.3)
        started = time.monotonic()
        if how == "delete the chat":
            assert b.http.delete(f"{b.url}/api/chats/{chat_id}", timeout=10).status_code == 204
        elif how == "delete the agent":
            with Person(server.url, world.account(account.team_id, role="admin")) as admin:
                assert admin.http.delete(f"{admin.url}/api/agents/{agent_id}", timeout=10).status_code == 204
        elif how == "deactivate the user":
            command = ["user", "deactivate", account.email, "--team", str(account.team_id)]
            assert app.test_cli_runner().invoke(args=command).exit_code == 0
        else:
            assert a.post("/api/auth/logout").status_code == 200
        stream = read(response)
    assert time.monotonic() - started < 5
    assert stream.end[1]["status"] == "stopped"
    clear_away(app)
    with app.app_context():
        left = db.session.execute(text("SELECT status FROM generations")).scalars().all()
    assert left == ([] if how == "delete the chat" else ["stopped"])


# --- a killed worker ----------------------------------------------------------------------------------------


@pytest.mark.timeout(90)
def test_the_text_of_a_killed_worker_is_put_together_again(
    app: Flask, variables: dict[str, str], world: World, account: Account, both: Two, simulator: str, tmp_path: Path
) -> None:
    _, b = both
    with Server(variables, tmp_path / "log") as doomed, Person(doomed.url, account) as client:
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
    messages = b.chat(chat_id)["messages"]
    assert [(message["role"], message.get("status")) for message in messages] == [
        ("user", None),
        ("assistant", "interrupted"),
    ]
    saved = messages[1]["content"]
    assert stream.text.startswith(saved)
    assert len(stream.text) - len(saved) <= len(expected_text(60)), "over a second of text is missing"
    assert len(saved) > 0
    rest = frames_of(join(b, chat_id))
    assert not any(b'"done"' in frame for frame in rest[-2:])
    assert b.post(f"/api/chats/{chat_id}/stop").json() == {"stopped": False}
