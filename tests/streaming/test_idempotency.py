"""Sends that are repeated under one key."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import text

from chatstream.extensions import db
from chatstream.n8n_sim.answers import expected_text
from tests.support.frames import read
from tests.support.person import Person
from tests.support.world import Account, World

Arrive = Callable[[Account], Person]


@pytest.fixture
def account(world: World) -> Account:
    return world.account()


@pytest.fixture
def client(person: Arrive, account: Account) -> Person:
    return person(account)


def open_chat(world: World, account: Account, client: Person, simulator: str, options: str) -> str:
    return client.open_chat(world.agent(account.team_id, f"{simulator}?{options}"))


def send(client: Person, chat_id: str, key: str, content: str = "Hello", *, stream: bool = True) -> requests.Response:
    flag = "true" if stream else "false"
    body = {"content": content}
    path = f"/api/chats/{chat_id}/messages?stream={flag}"
    return client.post(path, body, headers={"Idempotency-Key": key}, stream=stream)


def test_a_double_click_sends_once(world: World, account: Account, client: Person, simulator: str) -> None:
    chat_id = open_chat(world, account, client, simulator, "tokens=20&delay_ms=20")
    cookies = client.http.cookies.get_dict()

    def click(_: int) -> list[tuple[str, dict[str, Any]]]:
        with requests.Session() as http:
            http.cookies.update(cookies)
            url = f"{client.url}/api/chats/{chat_id}/messages"
            headers = {"Idempotency-Key": "one"}
            with http.post(url, json={"content": "Hi"}, headers=headers, stream=True, timeout=30) as response:
                return read(response).events

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(click, range(8)))
    assert all(events == answers[0] for events in answers)
    assert answers[0][-1][0] == "done"
    assert client.chat(chat_id)["message_count"] == 2


def test_a_repeat_gets_the_stream_and_later_the_stored_end(
    app: Flask, world: World, account: Account, client: Person, simulator: str
) -> None:
    chat_id = open_chat(world, account, client, simulator, "tokens=5&delay_ms=1")
    first = read(send(client, chat_id, "key-1"))
    time.sleep(0.5)
    assert read(send(client, chat_id, "key-1")).events == first.events
    with app.app_context():
        db.session.execute(text("DELETE FROM generation_events"))
        db.session.commit()
    late = read(send(client, chat_id, "key-1"))
    assert late.types == ["message", "status", "done"]
    assert late.text == first.text == expected_text(5)
    assert late.end == first.end
    whole = send(client, chat_id, "key-1", stream=False).json()
    chat = client.chat(chat_id)
    assert [whole["user_message"], whole["message"]] == chat["messages"]
    assert chat["message_count"] == 2


def test_a_whole_answer_is_waited_for(world: World, account: Account, client: Person, simulator: str) -> None:
    chat_id = open_chat(world, account, client, simulator, "tokens=20&delay_ms=30")
    with send(client, chat_id, "key-1") as running:
        again = send(client, chat_id, "key-1", stream=False)
        assert again.status_code == 200
        assert again.json()["message"]["content"] == expected_text(20)
        assert read(running).end[0] == "done"


def test_a_failure_is_repeated_as_it_was(
    app: Flask, world: World, account: Account, client: Person, simulator: str
) -> None:
    chat_id = open_chat(world, account, client, simulator, "fail=cut&tokens=9&after=2&delay_ms=1")
    first = read(send(client, chat_id, "k"))
    whole = send(client, chat_id, "k", stream=False)
    assert (whole.status_code, whole.json()["code"]) == (502, "upstream_reset")
    with app.app_context():
        db.session.execute(text("DELETE FROM generation_events"))
        db.session.commit()
    late = read(send(client, chat_id, "k"))
    assert late.end[1]["code"] == first.end[1]["code"] == "upstream_reset"
    assert late.text == first.text


def test_another_message_under_the_same_key_is_refused(
    world: World, account: Account, client: Person, simulator: str
) -> None:
    chat_id = open_chat(world, account, client, simulator, "tokens=2&delay_ms=0")
    read(send(client, chat_id, "k"))
    refused = send(client, chat_id, "k", "Something else")
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["Idempotency-Key"])
    assert client.chat(chat_id)["message_count"] == 2
    other = open_chat(world, account, client, simulator, "tokens=2&delay_ms=0")
    assert read(send(client, other, "k", "Something else")).end[0] == "done"


def test_a_key_is_good_for_a_day(app: Flask, world: World, account: Account, client: Person, simulator: str) -> None:
    chat_id = open_chat(world, account, client, simulator, "tokens=2&delay_ms=0")
    read(send(client, chat_id, "k"))
    with app.app_context():
        db.session.execute(text("UPDATE generations SET started_at = now() - interval '25 hours'"))
        db.session.commit()
    assert read(send(client, chat_id, "k", "Something else")).end[0] == "done"
    assert client.chat(chat_id)["message_count"] == 4


@pytest.mark.parametrize("key", ["two words", "x" * 256])
def test_keys_that_are_none(world: World, account: Account, client: Person, simulator: str, key: str) -> None:
    chat_id = open_chat(world, account, client, simulator, "tokens=2&delay_ms=0")
    assert send(client, chat_id, key).status_code == 422
    assert client.chat(chat_id)["message_count"] == 0
