"""What is deployed, on loopback: nginx, two nodes of two workers each, one PostgreSQL, one Valkey."""

from __future__ import annotations

import collections
import json
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests
from flask import Flask
from sqlalchemy import text

from chatstream.extensions import db
from chatstream.n8n_sim.answers import expected_text
from devkit.embedded_valkey import EmbeddedValkey
from devkit.processes import wait_for
from tests.deploy.nginx import Nginx, programs
from tests.faults.exchanges import Exchange, workers_of
from tests.support.frames import Stream, read
from tests.support.person import Person
from tests.support.server import Server, free_port
from tests.support.world import Account, World

GRACEFUL_S = 6
SENDERS = 8
SHORT, LONG = 40, 2000
DELAY_MS = 20


class Nodes:
    """Two nodes behind nginx."""

    def __init__(self, variables: dict[str, str], folder: Path) -> None:
        self._variables = variables
        self._folder = folder
        with ThreadPoolExecutor(2) as pool:
            self.servers = list(pool.map(self._start, ("a", "b"), (free_port(), free_port())))
        (folder / "nginx").mkdir()
        self.nginx = Nginx(programs()[0], [server.port for server in self.servers], folder / "nginx")

    def person(self, account: Account) -> Person:
        """Signed in through nginx."""
        return Person(self.nginx.url, account, trusted=self.nginx.pem)

    def restart(self, place: int) -> None:
        """A node taken out, stopped, started again and put back, as docs/DEPLOYMENT.md says."""
        old = self.servers[place]
        self.nginx.take_out(old.port)
        self.nginx.reload()
        assert old.stop(seconds=GRACEFUL_S + 10) == 0
        self.servers[place] = self._start("ab"[place], old.port)
        self.nginx.take_out()
        self.nginx.reload()

    def reload(self, place: int) -> None:
        """A node told to start its workers anew, under way."""
        server = self.servers[place]
        before = set(workers_of(server.child.pid))
        server.child.send_signal(signal.SIGHUP)
        gone = wait_for(lambda: not before & set(workers_of(server.child.pid)), GRACEFUL_S + 10)
        assert gone, "the old workers are still there"

    def answered(self) -> collections.Counter[str]:
        """How many requests each node has answered, by nginx's log."""
        lines = map(json.loads, self.nginx.access_log.read_text().splitlines())
        return collections.Counter(line["node"] for line in lines if line["node"])

    def stop(self) -> None:
        """All of it."""
        for process in (self.nginx, *self.servers):
            process.stop(seconds=GRACEFUL_S + 10)

    def _start(self, name: str, port: int) -> Server:
        server = Server(self._variables, self._folder / name, port=port)
        server.wait_for(f"{server.url}/readyz")
        return server


@pytest.fixture(scope="module")
def nodes(_app: Flask, variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    folder = tmp_path_factory.mktemp("nodes")
    with EmbeddedValkey(folder / "valkey") as valkey, ExitStack() as stack:
        deployed = {
            "REDIS_URL": valkey.url,
            "WEB_CONCURRENCY": "2",
            "TRUSTED_PROXIES": "1",
            "GRACEFUL_TIMEOUT": str(GRACEFUL_S),
            "MAX_STREAMS_PER_USER": "100",
            "PASSWORD_RESET_RATE_LIMIT": "5/minute",
        }
        nodes = Nodes({**variables, **deployed}, folder)
        stack.callback(nodes.stop)
        yield nodes


@pytest.fixture
def account(world: World) -> Account:
    return world.account()


@pytest.fixture
def client(nodes: Nodes, account: Account) -> Iterator[Person]:
    with nodes.person(account) as person:
        yield person


@pytest.fixture
def both(nodes: Nodes, account: Account) -> Iterator[tuple[Person, Person]]:
    """The same person at each node, past nginx."""
    a, b = nodes.servers
    with Person(a.url, account) as at_a, Person(b.url, account) as at_b:
        yield at_a, at_b


def agent(world: World, account: Account, simulator: str, tokens: int) -> str:
    return world.agent(account.team_id, f"{simulator}?tokens={tokens}&delay_ms={DELAY_MS}")


def test_answers_come_through_nginx_from_both_nodes(
    nodes: Nodes, world: World, account: Account, client: Person, simulator: str
) -> None:
    agent_id = agent(world, account, simulator, SHORT)
    with ThreadPoolExecutor(SENDERS) as pool:
        exchanges = [Exchange(client, client.open_chat(agent_id), SHORT) for _ in range(SENDERS)]
        for future in [pool.submit(exchange.run) for exchange in exchanges]:
            future.result(30)
    assert all(each.stream.text == expected_text(SHORT) and each.cut_at is None for each in exchanges)
    answered = nodes.answered()
    assert min(answered[f"127.0.0.1:{server.port}"] for server in nodes.servers) >= 4


def test_an_answer_is_resumed_and_stopped_through_the_other_node(
    world: World, account: Account, both: tuple[Person, Person], simulator: str
) -> None:
    a, b = both
    chat_id = a.open_chat(agent(world, account, simulator, LONG))
    stream = Stream()
    with a.begin(chat_id) as response:
        for chunk in response.iter_content(None):
            stream.feed(chunk)
            if "message" in stream.types:
                break
    stream.rest = b""
    last = f"{stream.generation_id}:{len(stream.events)}"
    path = f"/api/chats/{chat_id}"
    with (
        b.get(f"{path}/stream", headers={"Last-Event-ID": last}, stream=True) as rest,
        ThreadPoolExecutor(1) as pool,
    ):
        reading = pool.submit(read, rest, stream)
        assert wait_for(lambda: len(stream.events) > 20, 10)
        assert b.post(f"{path}/stop").json() == {"stopped": True}
        assert reading.result(10).end[1]["status"] == "stopped"
    assert a.chat(chat_id)["messages"][-1]["content"] == stream.text


def test_rate_limits_count_over_all_nodes(nodes: Nodes) -> None:
    body = {"token": "x" * 43, "new_password": "a password that is fine"}

    def attempt(_: int) -> int:
        return nodes.nginx.ask("POST", "/api/auth/password-reset", json=body).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = collections.Counter(pool.map(attempt, range(24)))
    assert statuses == {404: 5, 429: 19}


def test_tabs_that_refresh_at_once_get_the_same_tokens(nodes: Nodes, account: Account, client: Person) -> None:
    """Each at another worker; none of them revokes the session."""
    cookies = client.http.cookies.get_dict()

    def refresh(_: int) -> tuple[int, str | None]:
        answer = nodes.nginx.ask("POST", "/api/auth/refresh", cookies=cookies)
        return answer.status_code, answer.cookies.get("refresh_token")

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(refresh, range(16)))
    ((status, token),) = answers
    assert (status, bool(token)) == (200, True)
    assert token != cookies["refresh_token"]


def test_who_signs_out_is_out_at_every_node(nodes: Nodes, client: Person) -> None:
    cookies = client.http.cookies.get_dict()
    at_each = [f"{server.url}/api/auth/me" for server in nodes.servers for _ in range(4)]  # both workers, most likely

    def statuses() -> set[int]:
        return {requests.get(url, cookies=cookies, timeout=30).status_code for url in at_each}

    assert statuses() == {200}
    assert client.post("/api/auth/logout").status_code == 200
    assert wait_for(lambda: statuses() == {401}, 5)


# --- a rolling restart ----------------------------------------------------------------------------------------


class Load:
    """People who chat without a pause, and one who looks at his chats."""

    def __init__(self, nodes: Nodes, client: Person, agents: dict[int, str]) -> None:
        self._nodes = nodes
        self._client = client
        self._agents = agents
        self._enough = threading.Event()
        self.short: list[Exchange] = []
        self.long = [Exchange(client, client.open_chat(agents[LONG]), LONG) for _ in range(2)]
        self.looks: collections.Counter[int | str] = collections.Counter()

    def __enter__(self) -> Load:
        self._pool = ThreadPoolExecutor(SENDERS + 3)
        self._running = [self._pool.submit(self._send) for _ in range(SENDERS)]
        self._running += [self._pool.submit(each.run) for each in self.long]
        self._running.append(self._pool.submit(self._look))
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        for future in self._running:
            future.result(60)
        self._pool.shutdown()

    def _send(self) -> None:
        chat_id = self._client.open_chat(self._agents[SHORT])
        while not self._enough.is_set():
            exchange = Exchange(self._client, chat_id, SHORT)
            self.short.append(exchange)
            exchange.run()

    def _look(self) -> None:
        cookies = self._client.http.cookies.get_dict()
        while not self._enough.wait(0.02):
            try:
                answer = self._nodes.nginx.ask("GET", "/api/chats/", cookies=cookies)
                self.looks[answer.status_code] += 1
            except requests.RequestException as error:
                self.looks[repr(error)] += 1


def stored_answers(app: Flask) -> dict[str, tuple[str, str]]:
    """By generation: the status of its row, and the text that its chat has for it."""
    with app.app_context():
        chats = db.session.execute(
            text("SELECT id, messages FROM chats UNION ALL SELECT chat_id, messages FROM chat_pages")
        ).all()
        texts = {message["id"]: message["content"] for _, messages in chats for message in messages}
        rows = db.session.execute(text("SELECT id, status, message_id FROM generations")).all()
    return {str(key): (status, texts[str(message_id)]) for key, status, message_id in rows}


@pytest.mark.timeout(90)
def test_a_rolling_restart_loses_no_answer(
    app: Flask, nodes: Nodes, world: World, account: Account, client: Person, simulator: str
) -> None:
    agents = {tokens: agent(world, account, simulator, tokens) for tokens in (SHORT, LONG)}
    with Load(nodes, client, agents) as load:
        assert wait_for(lambda: all("message" in each.stream.types for each in load.long), 15)
        assert wait_for(lambda: len(load.short) > 2 * SENDERS, 15)
        nodes.restart(0)
        nodes.restart(1)
        nodes.reload(0)
        time.sleep(0.5)
    stored = stored_answers(app)

    exchanges = [*load.short, *load.long]
    assert len(load.short) > 5 * SENDERS
    assert len(stored) == len(exchanges)
    assert set(load.looks) == {200}
    for exchange in exchanges:
        status, content = stored[exchange.stream.generation_id]
        assert exchange.cut_at is None
        assert not exchange.untold
        assert content == exchange.stream.text
        assert status == ("complete" if exchange.tokens == SHORT else "interrupted")
    assert all(each.stream.text == expected_text(SHORT) and each.told_end for each in load.short)
