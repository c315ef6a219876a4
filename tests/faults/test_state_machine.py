"""Random walks through the life of a few chats at two nodes, compared with a model of what must be stored.

HYPOTHESIS_EXAMPLES=100 walks farther, each time elsewhere, and shrinks what it finds.
"""

from __future__ import annotations

import itertools
import logging
import os
import signal
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
import requests
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import text

from chatstream.extensions import db
from chatstream.http.services import services
from chatstream.services.generations.reaping import reap
from tests.faults.chat_model import AGE, ENDLESS, FAILING, FAST, SHORT, STORED, Answer, Chat, Kind, Tab
from tests.support.person import Person
from tests.support.server import Server
from tests.support.world import World

log = logging.getLogger(__name__)

EXAMPLES = os.environ.get("HYPOTHESIS_EXAMPLES")
SETTINGS = settings(
    max_examples=int(EXAMPLES or 8),
    stateful_step_count=25,
    deadline=None,
    derandomize=EXAMPLES is None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
    phases=list(Phase) if EXAMPLES else [Phase.explicit, Phase.generate],
)
CHATS = 4


@dataclass
class Bench:
    """What all walks share."""

    app: Flask
    world: World
    nodes: tuple[Server, Server]
    webhook: str
    steps: int = 0


NODES = st.integers(0, 1)
NUMBERS = st.integers(0, 999)


class Walk(RuleBasedStateMachine):
    """One person with a few chats."""

    bench: ClassVar[Bench]

    def __init__(self) -> None:
        super().__init__()
        self.account = self.bench.world.account()
        self.agent_id = self.bench.world.agent(self.account.team_id, self.bench.webhook)
        self.people = [Person(server.url, self.account) for server in self.bench.nodes]
        self.chats: list[Chat] = []
        self.failed = 0
        self.crashes = 0
        self.numbers = itertools.count(1)

    @property
    def here(self) -> list[Chat]:
        """The chats that are not deleted."""
        return [chat for chat in self.chats if not chat.gone]

    @property
    def idle(self) -> list[Chat]:
        """Those that take a message, at once or soon."""
        return [chat for chat in self.here if not chat.endless]

    @property
    def endless(self) -> list[Chat]:
        """Those in which an answer is sure to run."""
        return [chat for chat in self.here if chat.endless]

    @property
    def with_tab(self) -> list[Chat]:
        """Those that somebody reads in."""
        return [chat for chat in self.here if chat.tab]

    def post(
        self, node: int, chat: Chat, content: str, key: str | None = None, *, http: Any = requests
    ) -> requests.Response:
        """Send; safe in a thread."""
        person = self.people[node]
        headers = {"Idempotency-Key": key} if key else {}
        url = f"{person.url}/api/chats/{chat.id}/messages"
        cookies = person.http.cookies.get_dict()
        answer: requests.Response = http.post(
            url, json={"content": content}, headers=headers, cookies=cookies, stream=True, timeout=60
        )
        return answer

    def words(self, kind: Kind) -> str:
        """A message that was never sent before."""
        return f"message {next(self.numbers)}\n/sim {kind.options}"

    def begin(self, chat: Chat, kind: Kind, node: int, keyed: bool) -> Tab:
        """Send; with the first event it counts as accepted."""
        self.settle(chat)
        content = self.words(kind)
        key = f"key-{content.split()[1]}" if keyed else None
        return self.accepted(chat, kind, node, content, key, self.post(node, chat, content, key))

    def accepted(
        self, chat: Chat, kind: Kind, node: int, content: str, key: str | None, response: requests.Response
    ) -> Tab:
        """An answer has begun."""
        assert response.status_code == 200, response.text
        answer = Answer(kind, content, node, key, response.headers["X-Generation-ID"])
        chat.answers.append(answer)
        tab = Tab(response, answer, node)
        tab.read(1)
        return tab

    def read_to_end(self, tab: Tab) -> None:
        """Read an answer that ends by itself."""
        failing = tab.answer.kind is FAILING
        kind_of_end, end = tab.read().end
        assert (kind_of_end, end.get("status")) == (("error", None) if failing else ("done", "complete"))
        self.failed += failing
        tab.answer.end()

    def settle(self, chat: Chat) -> None:
        """Wait for an answer that ends by itself."""
        if chat.tab and not chat.endless:
            chat.tab.close()
            chat.tab = None
        if chat.running and not chat.endless:
            self.wait_for_end(chat)
            chat.running.end()

    def wait_for_end(self, chat: Chat) -> None:
        """Wait until nothing runs in a chat."""
        deadline = time.monotonic() + 20
        while self.people[0].chat(chat.id)["generation"]:
            assert time.monotonic() < deadline, "the answer does not end"
            time.sleep(0.02)

    # --- what people do -------------------------------------------------------------------------------------

    @precondition(lambda self: len(self.here) < CHATS)
    @rule(node=NODES)
    def open_a_chat(self, node: int) -> None:
        self.chats.append(Chat(self.people[node].open_chat(self.agent_id)))

    @precondition(lambda self: self.idle)
    @rule(n=NUMBERS, node=NODES, kind=st.sampled_from([FAST, FAILING]), keyed=st.booleans())
    def send_and_read(self, n: int, node: int, kind: Kind, keyed: bool) -> None:
        self.read_to_end(self.begin(self.idle[n % len(self.idle)], kind, node, keyed))

    @precondition(lambda self: self.idle)
    @rule(n=NUMBERS, node=NODES, kind=st.sampled_from([SHORT, ENDLESS, ENDLESS]), keyed=st.booleans())
    def send_and_stay(self, n: int, node: int, kind: Kind, keyed: bool) -> None:
        chat = self.idle[n % len(self.idle)]
        chat.tab = self.begin(chat, kind, node, keyed)

    @precondition(lambda self: any(chat.current for chat in self.idle))
    @rule(n=NUMBERS, which=NUMBERS, node=NODES, kind=st.sampled_from([FAST, ENDLESS, None]))
    def edit_or_regenerate(self, n: int, which: int, node: int, kind: Kind | None) -> None:
        chats = [chat for chat in self.idle if chat.current]
        chat = chats[n % len(chats)]
        self.settle(chat)
        gone = chat.current[which % len(chat.current) if kind else -1 :]
        content = self.words(kind) if kind else gone[0].content
        response = self.people[node].ask_again(chat.id, 2 * chat.current.index(gone[0]), content if kind else None)
        for answer in gone:
            answer.aside = True
        tab = self.accepted(chat, kind or gone[0].kind, node, content, None, response)
        if tab.answer.kind in (FAST, FAILING):
            self.read_to_end(tab)
        else:
            chat.tab = tab

    @precondition(lambda self: self.idle)
    @rule(n=NUMBERS, keyed=st.booleans())
    def send_at_both_nodes_at_once(self, n: int, keyed: bool) -> None:
        chat = self.idle[n % len(self.idle)]
        self.settle(chat)
        content = self.words(SHORT)
        key = f"key-{content.split()[1]}" if keyed else None
        with ThreadPoolExecutor(2) as pool:
            responses = list(pool.map(lambda node: self.post(node, chat, content, key), (0, 1)))
        taken = [(node, response) for node, response in enumerate(responses) if response.status_code == 200]
        chat.answers.append(Answer(SHORT, content, None, key, taken[0][1].headers["X-Generation-ID"]))
        for node, response in taken:
            assert Tab(response, chat.answers[-1], node).read().end[1]["status"] == "complete"
        chat.answers[-1].end()
        assert sorted(response.status_code for response in responses) == [200, 200 if keyed else 409]
        for response in responses:
            response.close()

    @precondition(lambda self: self.endless)
    @rule(n=NUMBERS, node=NODES, keyed=st.booleans())
    def send_while_one_runs(self, n: int, node: int, keyed: bool) -> None:
        chat = self.endless[n % len(self.endless)]
        with self.post(node, chat, self.words(FAST), "key-busy" if keyed else None) as refused:
            assert (refused.status_code, refused.json()["code"]) == (409, "generation_in_progress")

    @precondition(lambda self: any(answer.repeatable for chat in self.here for answer in chat.answers))
    @rule(n=NUMBERS, node=NODES, changed=st.booleans())
    def repeat(self, n: int, node: int, changed: bool) -> None:
        keyed = [(chat, answer) for chat in self.here for answer in chat.answers if answer.repeatable]
        chat, answer = keyed[n % len(keyed)]
        with self.post(node, chat, answer.content + ("!" if changed else ""), answer.key) as response:
            if changed:
                assert (response.status_code, list(response.json()["errors"])) == (422, ["Idempotency-Key"])
                return
            tab = Tab(response, answer, node)
            runs = chat.surely_runs(answer)
            if answer.log_lost or (answer.just_ended and not runs):
                tab.read_repeat()
            else:
                tab.read(len(answer.seen.events) + 3 if runs else None)
        assert tab.ended != runs

    @precondition(lambda self: any(chat.answers for chat in self.here))
    @rule(n=NUMBERS, which=NUMBERS, node=NODES, place=NUMBERS, stay=st.booleans())
    def follow(self, n: int, which: int, node: int, place: int, stay: bool) -> None:
        chats = [chat for chat in self.here if chat.answers]
        chat = chats[n % len(chats)]
        answer = chat.answers[which % len(chat.answers)]
        known = place % (len(answer.seen.events) + 1)
        if answer.log_lost:
            return
        named = known > 0 or answer is not chat.answers[-1]
        headers = {"Last-Event-ID": f"{answer.id}:{known}"} if named else {}
        response = self.people[node].get(f"/api/chats/{chat.id}/stream", headers=headers, stream=True)
        if response.status_code == 204:
            assert not chat.surely_runs(answer)
            assert known >= (answer.length or 1)
            return
        tab = Tab(response, answer, node, known)
        runs = chat.surely_runs(answer)
        tab.read(len(answer.seen.events) - known + 3 if runs else None)
        assert tab.ended != runs
        if runs and stay and not chat.tab:
            chat.tab = tab
        else:
            tab.close()

    @precondition(lambda self: self.with_tab)
    @rule(n=NUMBERS, more=st.sampled_from([5, 20]))
    def read_on(self, n: int, more: int) -> None:
        chat = self.with_tab[n % len(self.with_tab)]
        assert chat.tab
        chat.tab.read(more)
        if chat.tab.ended:
            chat.tab.answer.end("complete")
            chat.tab = None

    @precondition(lambda self: self.with_tab)
    @rule(n=NUMBERS)
    def leave(self, n: int) -> None:
        chat = self.with_tab[n % len(self.with_tab)]
        assert chat.tab
        chat.tab.close()
        chat.tab = None
        self.settle(chat)

    @precondition(lambda self: self.here)
    @rule(n=NUMBERS, node=NODES)
    def stop(self, n: int, node: int) -> None:
        self.stop_chat(self.here[n % len(self.here)], node)

    def stop_chat(self, chat: Chat, node: int) -> None:
        """Stop what runs in a chat, if anything does."""
        stopped = self.people[node].post(f"/api/chats/{chat.id}/stop").json()["stopped"]
        running, tab = chat.running, chat.tab
        assert not stopped if running is None else stopped or running.kind is SHORT
        if running:
            running.end(*running.kind.may, *(["stopped"] if stopped else []))
        if tab:
            kind, end = tab.read().end
            assert kind == "done"
            tab.answer.end(end["status"])
            chat.tab = None

    @precondition(lambda self: self.here)
    @rule(n=NUMBERS, node=NODES)
    def delete(self, n: int, node: int) -> None:
        chat = self.here[n % len(self.here)]
        person = self.people[node]
        assert person.http.delete(f"{person.url}/api/chats/{chat.id}", timeout=20).status_code == 204
        chat.gone = True
        for path in ("", "/stream"):
            assert [each.get(f"/api/chats/{chat.id}{path}").status_code for each in self.people] == [404, 404]
        assert self.post(node, chat, "Hello?").status_code == 404
        if chat.tab and chat.tab.node == chat.tab.answer.node:
            assert chat.tab.read().end[0] == "done"
        elif chat.tab:
            chat.tab.close()  # by the log the end comes with the next keep-alive only: the events went with the chat
        chat.tab = None

    # --- what happens to nodes ------------------------------------------------------------------------------

    @precondition(lambda self: self.crashes < 2 and any(chat.running for chat in self.here))
    @rule(node=NODES)
    def crash(self, node: int) -> None:
        """kill -9, and half a minute passes for the answers that it wrote; a third worker sees to them."""
        self.crashes += 1
        lost = [chat for chat in self.here if chat.running and chat.running.node == node]
        for chat in lost:
            self.read_so_far(chat, 1 - node)
        server = self.bench.nodes[node]
        children = Path(f"/proc/{server.child.pid}/task/{server.child.pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGKILL)
        for chat in self.here:
            for answer in chat.answers:
                answer.log_lost |= answer not in (chat.running,) and answer.just_ended and answer.node != 1 - node
            if chat.tab and chat.tab.node == node:
                chat.tab.read_until_cut()
                chat.tab = None
        with self.bench.app.app_context():
            db.session.execute(AGE, {"ids": [uuid.UUID(chat.answers[-1].id) for chat in lost]})
            db.session.commit()
            reap(services().shared_log, [])
        server.wait_for(f"{server.url}/healthz")
        for chat in lost:
            self.pick_up(chat)

    def read_so_far(self, chat: Chat, node: int) -> None:
        """Follow an answer from its start as far as anybody has: what comes by the log must outlive its worker."""
        answer = chat.answers[-1]
        with self.people[node].get(f"/api/chats/{chat.id}/stream", stream=True) as response:
            Tab(response, answer, node).read(len(answer.seen.events))

    def pick_up(self, chat: Chat) -> None:
        """An answer whose worker was killed is closed; who followed it at the other node got all that is stored."""
        answer = chat.answers[-1]
        self.wait_for_end(chat)
        answer.end(*answer.kind.may, "interrupted")
        stored = self.people[0].chat(chat.id)["messages"][-1]
        answer.log_lost = stored["status"] == "complete"
        if chat.tab and not answer.log_lost:
            assert chat.tab.read().text == stored["content"]
            assert "done" not in chat.tab.stream.types
        if chat.tab:
            chat.tab.close()
            chat.tab = None

    # --- what always holds ----------------------------------------------------------------------------------

    @invariant()
    def what_is_stored_is_what_happened(self) -> None:
        self.bench.steps += 1
        with self.bench.app.app_context():
            rows = db.session.execute(STORED, {"ids": [uuid.UUID(chat.id) for chat in self.chats]}).all()
            failed = db.session.scalar(
                text("SELECT coalesce(sum(count), 0) FROM error_logs WHERE team_id = :id AND severity = 'error'"),
                {"id": self.account.team_id},
            )
        stored = {str(row[0]): row[1:] for row in rows}
        assert set(stored) == {chat.id for chat in self.here}
        for chat in self.here:
            chat.check(*stored[chat.id])
        assert failed == self.failed

    def teardown(self) -> None:
        try:
            for number, chat in enumerate(self.here):
                self.stop_chat(chat, number % 2)
            self.what_is_stored_is_what_happened()
            for chat in self.here:
                first, second = (person.chat(chat.id) for person in self.people)
                assert first == second
                assert first["message_count"] == len(first["messages"]) == 2 * len(chat.current)
        finally:
            for chat in self.with_tab:
                chat.tab.close() if chat.tab else None
            for person in self.people:
                person.http.close()


@pytest.mark.timeout(3600 if EXAMPLES else 180)
def test_whatever_people_do_the_chats_are_right(
    app: Flask, world: World, variables: dict[str, str], simulator: str, tmp_path: Path
) -> None:
    logs = [tmp_path / "a", tmp_path / "b"]
    with Server(variables, logs[0]) as a, Server(variables, logs[1]) as b:
        Walk.bench = Bench(app, world, (a, b), simulator)
        run_state_machine_as_test(Walk, settings=SETTINGS)
    log.info("%d steps", Walk.bench.steps)
    with app.app_context():
        assert (
            db.session.scalar(text("SELECT count(*) FROM error_logs WHERE code IN ('internal_error', 'job_failed')"))
            == 0
        )
    assert not any("Traceback" in log.read_text() for log in logs)
