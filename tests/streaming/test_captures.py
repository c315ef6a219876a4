"""Every recorded answer of a real n8n, in hostile cuts, through the real server: what is told, stored and logged."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from chatstream.extensions import db
from tests.support.captures import EXPECTED, FOLDER, load
from tests.support.frames import Stream
from tests.support.person import Person
from tests.support.raw_server import CaptureServer, Split
from tests.support.world import Account, World


def test_every_capture_has_an_expectation() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(EXPECTED)


@pytest.mark.parametrize(("split", "seed"), [("whole", 0), ("bytes", 0), ("random", 1), ("random", 2)])
def test_every_capture_gives_what_it_should(
    app: Flask, world: World, person: Callable[[Account], Person], split: Split, seed: int
) -> None:
    """All captures at once, each answered by a socket server of its own."""

    def exchange(name: str) -> tuple[str, Stream, dict[str, Any]]:
        account = world.account()
        capture = load(name)
        # pauses shortened, so that a minute of silence fits into a test; whole writes keep some of their rhythm
        with CaptureServer(capture.scaled(0.02), ends=capture.ends, split=split, seed=seed) as workflow:
            client = person(account)
            agent_id = world.agent(account.team_id, f"http://127.0.0.1:{workflow.port}/webhook/x")
            chat_id = client.open_chat(agent_id)
            return name, client.send(chat_id), client.chat(chat_id)

    with ThreadPoolExecutor(len(EXPECTED)) as pool:
        exchanges = list(pool.map(exchange, EXPECTED))
    with app.app_context():
        rows = db.session.execute(text("SELECT chat_id, code, message, context FROM error_logs")).all()
    logged = {str(row.chat_id): row for row in rows}
    assert len(rows) == len(logged)

    for name, stream, chat in exchanges:
        expected = EXPECTED[name]
        answer = chat["messages"][-1]
        assert stream.text == answer["content"] == expected.text, name
        assert ("replace" in stream.types) == expected.replaced, name
        if expected.terminal == "complete":
            assert stream.types[-2:] == ["status", "done"], name
            assert answer["status"] == "complete", name
            assert chat["id"] not in logged, name
        else:
            assert stream.types[-2:] == ["status", "error"], name
            assert stream.end[1]["code"] == expected.terminal, (name, stream.end)
            assert answer["status"] == "error", name
            assert logged[chat["id"]].code == expected.terminal, name
            assert logged[chat["id"]].context["generation_id"] == stream.generation_id, name


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a3_agent_stream_off", "streaming"),
        ("c3_onreceived", "Respond"),
        ("unknown_path_prod", "activate"),
        ("auth_wrong", "token"),
    ],
)
def test_advice_names_the_switch(world: World, person: Callable[[Account], Person], name: str, words: str) -> None:
    account = world.account(role="admin")
    capture = load(name)
    with CaptureServer(capture.scaled(0), ends=capture.ends) as workflow:
        client = person(account)
        chat_id = client.open_chat(world.agent(account.team_id, f"http://127.0.0.1:{workflow.port}/x"))
        kind, data = client.send(chat_id).end
    assert kind == "error"
    assert words in data["message"]
    assert str(workflow.port) not in data["message"]
