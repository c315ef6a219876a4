"""kill -9 of random workers at random moments, while people send; then every chat is compared with what its client saw.

CHAOS_KILLS: how many kills. CHAOS_WAIT=1: the half minute after which a lost worker's answers are closed is waited
for; otherwise the database is told that it has passed. CHAOS_SEED: the random moments of an earlier run.
"""

from __future__ import annotations

import os
import random
import signal
import statistics
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import text

from chatstream.extensions import db
from chatstream.n8n_sim.answers import expected_text
from tests.faults.exchanges import Exchange, workers_of
from tests.support.person import Person
from tests.support.server import Server
from tests.support.world import World

KILLS = int(os.environ.get("CHAOS_KILLS", "4"))
KILLS_IN_ROUND = 10
WAITS = os.environ.get("CHAOS_WAIT") == "1"
SEED = int(os.environ.get("CHAOS_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)
USERS = 6
DELAY_MS = 20
LENGTHS = (8, 40, 150)
STALE_LIMIT_MS = 2000
SURELY_DEAD_S = 9
"""Workers beat every 5 s."""
SETTLE_LIMIT_S = 75
"""For a round's answers after its last kill: 20 s without a heartbeat, 15 s of a new worker's patience, and slack."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What became of one exchange. ``behind_ms``: what the client had seen of a lost answer and is not stored."""

    status: str
    behind_ms: int


class Chaos:
    """Rounds of kills under load."""

    def __init__(self, app: Flask, server: Server, users: Sequence[tuple[Person, list[str]]]) -> None:
        self.exchanges: list[Exchange] = []
        self.kills = 0
        self._app = app
        self._server = server
        self._users = users
        self._dice = random.Random(SEED)
        self._calm = threading.Event()

    def round(self, kills: int) -> None:
        """So many kills while everybody sends, then calm until every answer has its end."""
        self._calm.clear()
        running: list[Future[None]] = []
        with ThreadPoolExecutor(300) as pool:
            drivers = [pool.submit(self._send_on, pool, running, *user) for user in self._users]
            self._kill(kills)
            self._calm.set()
            for driver in drivers:
                driver.result()
            self._settle(running)
        for future in running:
            future.result()

    def send_again(self) -> int:
        """One more message to every chat, all of which must be answered whole; returns how many."""
        chats = {exchange.chat_id: exchange for exchange in self.exchanges}
        again = [Exchange(exchange.person, chat_id, exchange.tokens) for chat_id, exchange in chats.items()]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(Exchange.run, again))
        assert all(exchange.stream.end[1]["status"] == "complete" for exchange in again)
        self.exchanges += again
        return len(again)

    def _send_on(
        self, pool: ThreadPoolExecutor, running: list[Future[None]], person: Person, agents: list[str]
    ) -> None:
        """One user: message after message; a chat whose stream was cut goes on in the background."""
        dice = random.Random(self._dice.random())
        chats: list[Exchange | None] = [None] * 2
        while not self._calm.is_set():
            place = dice.randrange(len(chats))
            before = chats[place]
            length = dice.randrange(len(LENGTHS))
            usable = before is not None and before.told_end and before.tokens == LENGTHS[length]
            chat_id = before.chat_id if usable and before else self._open_chat(person, agents[length])
            exchange = Exchange(person, chat_id, LENGTHS[length])
            chats[place] = exchange
            self.exchanges.append(exchange)
            running.append(pool.submit(exchange.run))
            exchange.first_try.wait(dice.choice((0.5, 60)))

    def _open_chat(self, person: Person, agent_id: str) -> str:
        """A new chat; the worker that is asked may be killed before it answers."""
        while True:
            try:
                answer = requests.post(
                    f"{person.url}/api/chats/",
                    json={"agent_id": agent_id},
                    cookies=person.http.cookies.get_dict(),
                    timeout=60,
                )
            except requests.RequestException:
                time.sleep(0.05)
                continue
            assert answer.status_code == 201, answer.text
            return str(answer.json()["id"])

    def _kill(self, kills: int) -> None:
        for _ in range(kills):
            time.sleep(self._dice.uniform(0.05, 1.5))  # the random moment
            deadline = time.monotonic() + 20
            while len(workers := workers_of(self._server.child.pid)) < 2:
                assert time.monotonic() < deadline, "the killed worker was not replaced"
                time.sleep(0.01)
            os.kill(self._dice.choice(workers), signal.SIGKILL)
            self.kills += 1

    def _settle(self, running: list[Future[None]]) -> None:
        """Wait for all exchanges to end, with the clock of the lost ones turned on unless the half minute is waited."""
        deadline = time.monotonic() + SETTLE_LIMIT_S
        while wait(running, timeout=0.5).not_done:
            assert time.monotonic() < deadline, "answers of lost workers are not closed"
            if not WAITS:
                with self._app.app_context():
                    db.session.execute(
                        text(
                            "UPDATE generations SET heartbeat_at = now() - interval '31 seconds' "
                            f"WHERE status = 'running' AND heartbeat_at < now() - interval '{SURELY_DEAD_S} seconds'"
                        )
                    )
                    db.session.commit()


def stored_chats(app: Flask) -> dict[str, list[dict[str, Any]]]:
    """The messages of every chat."""
    with app.app_context():
        return {str(row[0]): row[1] for row in db.session.execute(text("SELECT id, messages FROM chats"))}


def lost_messages(chats: dict[str, list[dict[str, Any]]], exchanges: Sequence[Exchange]) -> list[str]:
    """What clients had a first frame for, and is not in their chat. Every exchange goes on until it has a frame."""
    stored = {(chat_id, message["content"]) for chat_id, messages in chats.items() for message in messages}
    assert all(exchange.stream.events for exchange in exchanges)
    return [exchange.content for exchange in exchanges if (exchange.chat_id, exchange.content) not in stored]


def compare(app: Flask, chats: dict[str, list[dict[str, Any]]], exchanges: Sequence[Exchange]) -> list[Compared]:
    """Every exchange against the database: stored once, ended once, nothing stored that is not of the answer."""
    with app.app_context():
        rows = {str(row.id): row for row in db.session.execute(text("SELECT * FROM generations"))}
    assert rows.keys() == {exchange.stream.generation_id for exchange in exchanges}, "an answer of nobody's message"
    assert len(rows) == len(exchanges), "two messages with one answer"
    for messages in chats.values():
        assert [message["role"] for message in messages] == ["user", "assistant"] * (len(messages) // 2)
    return [_compare_one(each, chats[each.chat_id], rows[each.stream.generation_id]) for each in exchanges]


def _compare_one(exchange: Exchange, messages: list[dict[str, Any]], row: Any) -> Compared:
    places = [number for number, message in enumerate(messages) if message["content"] == exchange.content]
    assert len(places) == 1, f"a message is stored {len(places)} times"
    sent, answer = messages[places[0]], messages[places[0] + 1]
    assert (str(row.chat_id), row.user_message_id, row.message_id) == (
        exchange.chat_id,
        type(row.user_message_id)(sent["id"]),
        type(row.message_id)(answer["id"]),
    )
    assert row.finished_at is not None
    assert answer["status"] == row.status
    assert row.status in ("complete", "interrupted")
    stored, seen, whole = answer["content"], exchange.stream.text, expected_text(exchange.tokens)
    if exchange.told_end:
        assert (exchange.stream.end[1]["status"], row.status) == ("complete", "complete")
        assert seen == stored
    if row.status == "complete":
        assert stored == whole
        assert whole.startswith(seen)
        return Compared("complete", 0)
    assert whole.startswith(stored)
    assert whole.startswith(seen)
    assert seen.startswith(stored), "a client that came back was not given all that is stored"
    return Compared("interrupted", DELAY_MS * (len(seen.split()) - len(stored.split())))


def table(chaos: Chaos, compared: Sequence[Compared], *, lost: int, again: int) -> str:
    """The figures of a run, for people."""
    usable = sorted(each.usable_after_s for each in chaos.exchanges if each.usable_after_s is not None)
    behind = sorted(each.behind_ms for each in compared if each.status == "interrupted")
    figures = {
        "seed": SEED,
        "kills": chaos.kills,
        "messages sent": len(chaos.exchanges),
        "streams cut": len(usable),
        "answers interrupted": len(behind),
        "messages lost": lost,
        "partial text behind, p50 / max": f"{statistics.median(behind or [0]):.0f} / {max(behind, default=0)} ms",
        "usable again after, p50 / max": f"{statistics.median(usable or [0]):.1f} / {max(usable, default=0):.1f} s"
        + ("" if WAITS else " (heartbeats aged by hand)"),
        "chats sent to again": again,
        "clients never told 204": sum(each.untold for each in chaos.exchanges),
    }
    return "\n" + "".join(f"  {name:<32}{value}\n" for name, value in figures.items())


@pytest.mark.timeout(90 + KILLS * 12)
def test_no_message_is_lost_whichever_worker_is_killed(
    app: Flask, variables: dict[str, str], world: World, simulator: str, tmp_path: Path
) -> None:
    quiet = {"LOG_LEVEL": "error", "GRACEFUL_TIMEOUT": "5", "MAX_STREAMS_PER_USER": "1000", "WEB_CONCURRENCY": "2"}
    with ExitStack() as stack:
        server = stack.enter_context(Server({**variables, **quiet}, tmp_path / "log"))
        users: list[tuple[Person, list[str]]] = []
        for _ in range(USERS):
            account = world.account()
            urls = [f"{simulator}?tokens={length}&delay_ms={DELAY_MS}" for length in LENGTHS]
            agents = [world.agent(account.team_id, url) for url in urls]
            users.append((stack.enter_context(Person(server.url, account)), agents))
        chaos = Chaos(app, server, users)
        while chaos.kills < KILLS:
            chaos.round(min(KILLS_IN_ROUND, KILLS - chaos.kills))
        again = chaos.send_again()
    chats = stored_chats(app)
    lost = lost_messages(chats, chaos.exchanges)
    assert not lost, f"{len(lost)} messages are lost: {lost}"
    compared = compare(app, chats, chaos.exchanges)
    sys.stdout.write(table(chaos, compared, lost=len(lost), again=again))
    assert any(each.status == "interrupted" for each in compared), "no kill has hit an answer"
    assert max(each.behind_ms for each in compared) <= STALE_LIMIT_MS
