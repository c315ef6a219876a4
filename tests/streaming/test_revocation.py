"""Rights that end on one node, in the eyes of another."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from tests.support.person import Person
from tests.support.server import Server
from tests.support.world import PASSWORD, Account, World

AT_ONCE_S = 1.0


@pytest.fixture(scope="module")
def node_b(_app: Flask, variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A second node on the same database."""
    with Server({**variables, "GRACEFUL_TIMEOUT": "5"}, tmp_path_factory.mktemp("node-b") / "log") as server:
        yield server


@pytest.fixture
def account(world: World) -> Account:
    return world.account()


def seconds_until(condition: Callable[[], bool]) -> float:
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < 10, "in vain"
        time.sleep(0.01)
    return time.monotonic() - started


def status_of(person: Person) -> int:
    return person.get("/api/auth/me").status_code


def elsewhere(person: Person, url: str) -> Person:
    """The same session at another node."""
    other = Person.__new__(Person)
    other.url, other.http = url, person.http
    return other


def test_other_nodes_know_within_a_second(
    app: Flask, world: World, server: Server, node_b: Server, account: Account
) -> None:
    for how in ("revoke", "log out", "password", "deactivate"):
        with Person(server.url, account) as a, Person(node_b.url, account) as b:
            assert status_of(b) == status_of(elsewhere(a, node_b.url)) == 200
            if how == "revoke":
                (other,) = [item["id"] for item in a.get("/api/auth/sessions").json()["items"] if not item["current"]]
                assert a.http.delete(f"{a.url}/api/auth/sessions/{other}", timeout=10).status_code == 204
                assert seconds_until(lambda: status_of(b) == 401) < AT_ONCE_S
            elif how == "log out":
                assert status_of(elsewhere(b, server.url)) == 200
                token = dict(b.http.cookies)
                assert b.post("/api/auth/logout").status_code == 200
                b.http.cookies.update(token)
                assert seconds_until(lambda: status_of(elsewhere(b, server.url)) == 401) < AT_ONCE_S
            elif how == "password":
                body = {"current_password": PASSWORD, "new_password": "another fine password"}
                assert a.post("/api/auth/password", body).status_code == 200
                assert seconds_until(lambda: status_of(b) == 401) < AT_ONCE_S
                assert status_of(elsewhere(a, node_b.url)) == 200
                body = {"current_password": "another fine password", "new_password": PASSWORD}
                assert a.post("/api/auth/password", body).status_code == 200
            else:
                command = ["user", "deactivate", account.email, "--team", str(account.team_id)]
                assert app.test_cli_runner().invoke(args=command).exit_code == 0
                assert seconds_until(lambda: status_of(a) == status_of(b) == 401) < AT_ONCE_S


def test_a_new_role_counts_on_other_nodes(app: Flask, world: World, server: Server, node_b: Server) -> None:
    admin = world.account(role="admin")
    with Person(node_b.url, admin) as b:
        assert b.post("/api/agents/", {}).status_code == 422
        command = ["user", "set-role", admin.email, "user", "--team", str(admin.team_id)]
        assert app.test_cli_runner().invoke(args=command).exit_code == 0
        assert seconds_until(lambda: b.post("/api/agents/", {}).status_code == 403) < AT_ONCE_S


def test_a_revoked_session_stops_following_what_another_asked_for(
    app: Flask, world: World, server: Server, node_b: Server, account: Account, simulator: str
) -> None:
    """The answer goes on, for the session that asked for it."""
    with Person(server.url, account) as a, Person(node_b.url, account) as b, ThreadPoolExecutor(1) as pool:
        chat_id = a.open_chat(world.agent(account.team_id, f"{simulator}?tokens=150&delay_ms=20"))
        whole = pool.submit(a.send, chat_id)
        seconds_until(lambda: b.chat(chat_id)["generation"] is not None)
        with b.get(f"/api/chats/{chat_id}/stream", stream=True) as followed:
            assert followed.status_code == 200
            pieces = followed.iter_content(None)
            next(pieces)
            (other,) = [item["id"] for item in a.get("/api/auth/sessions").json()["items"] if not item["current"]]
            assert a.http.delete(f"{a.url}/api/auth/sessions/{other}", timeout=10).status_code == 204
            started = time.monotonic()
            rest = b"".join(pieces)
            assert time.monotonic() - started < AT_ONCE_S
            assert b'"done"' not in rest
        assert b.get(f"/api/chats/{chat_id}/stream").status_code == 401
        assert whole.result().end[1]["status"] == "complete"


def test_a_new_password_stops_the_answers_of_the_other_sessions(
    world: World, server: Server, account: Account, simulator: str
) -> None:
    agent_id = world.agent(account.team_id, f"{simulator}?tokens=300&delay_ms=20")
    with Person(server.url, account) as here, Person(server.url, account) as there, ThreadPoolExecutor(2) as pool:
        chats = [who.open_chat(agent_id) for who in (here, there)]
        kept, stopped = (pool.submit(who.send, chat) for who, chat in zip((here, there), chats, strict=True))
        seconds_until(lambda: all(here.chat(chat)["generation"] for chat in chats))
        body = {"current_password": PASSWORD, "new_password": "another fine password"}
        assert here.post("/api/auth/password", body).status_code == 200
        assert stopped.result(timeout=5).end[1]["status"] == "stopped"
        assert here.post(f"/api/chats/{chats[0]}/stop").json() == {"stopped": True}
        assert kept.result().end[1]["status"] == "stopped"
