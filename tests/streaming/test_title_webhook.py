"""Titles asked of a workflow: after the answer, never before it, and never over what the user has chosen."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from chatstream.extensions import db
from tests.conftest import SignIn
from tests.support.person import Person
from tests.support.world import World

SignInAtServer = Callable[[Any], Person]


def wait_for(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


def someone(world: World, person: SignInAtServer, simulator: str, title_query: str) -> tuple[Person, str]:
    """Somebody with a chat whose agent answers at once, and is asked for titles with ``title_query``."""
    account = world.account()
    config = {"title_webhook": f"{simulator}?{title_query}"}
    agent = world.agent(account.team_id, f"{simulator}?tokens=2&delay_ms=1", config=config)
    known = person(account)
    return known, known.open_chat(agent)


def test_a_workflow_names_the_chat_after_the_first_answer(world: World, person: SignInAtServer, simulator: str) -> None:
    known, chat_id = someone(world, person, simulator, "tokens=3&delay_ms=1&first_delay_ms=500")
    started = time.monotonic()
    stream = known.send(chat_id, "What is the plan?")
    assert stream.end[0] == "done"
    assert time.monotonic() - started < 0.5, "the answer waited for the title"
    first = known.chat(chat_id)
    assert first["title"] == "What is the plan?"
    wait_for(lambda: known.chat(chat_id)["title"] == "t1 t2 t3")
    assert known.chat(chat_id)["updated_at"] == first["updated_at"]
    assert known.get("/api/search?q=t3").json()["items"][0]["chat_id"] == chat_id


def test_what_the_user_chose_stays(world: World, person: SignInAtServer, simulator: str) -> None:
    known, chat_id = someone(world, person, simulator, "tokens=3&first_delay_ms=300&delay_ms=1")
    known.send(chat_id, "What is the plan?")
    known.http.put(f"{known.url}/api/chats/{chat_id}", json={"title": "Mine"}, timeout=10)
    other = known.open_chat(known.chat(chat_id)["agent_id"])
    known.send(other, "Another")
    wait_for(lambda: known.chat(other)["title"] == "t1 t2 t3")  # asked later, so the first has been answered as well
    assert known.chat(chat_id)["title"] == "Mine"


@pytest.mark.parametrize("query", ["fail=error_500", "fail=empty", "format=json&status=302"])
def test_a_failure_leaves_the_title(
    app: Flask, world: World, person: SignInAtServer, simulator: str, query: str
) -> None:
    known, chat_id = someone(world, person, simulator, query)

    def failures() -> int:
        with app.app_context():
            found: int | None = db.session.scalar(
                text("SELECT count(*) FROM error_logs WHERE severity = 'warning' AND message LIKE 'The title webhook%'")
            )
        return found or 0

    assert known.send(chat_id, "What is the plan?").end[0] == "done"
    wait_for(lambda: failures() == 1)
    assert known.chat(chat_id)["title"] == "What is the plan?"
    known.send(chat_id, "Go on")
    time.sleep(0.2)
    assert failures() == 1, "only the first answer names a chat"


def test_its_address_is_checked_when_it_is_saved(world: World, sign_in: SignIn) -> None:
    admin = world.account(role="admin")
    client = sign_in(admin)
    agent = world.agent(admin.team_id)
    for url, field in (
        ("http://10.0.0.1/webhook/title", "config.title_webhook"),
        ("ftp://example.org/", "config.title_webhook"),
        (7, "config.title_webhook"),
    ):
        answer = client.put(f"/api/agents/{agent}", json={"config": {"title_webhook": url}})
        assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [field]), url
    kept = {"title_webhook": "http://127.0.0.1:9/webhook/title"}
    assert client.put(f"/api/agents/{agent}", json={"config": kept}).get_json()["config"] == kept
