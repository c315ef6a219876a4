"""Another answer, and a message in other words, through a real gunicorn; and what becomes of those before."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import text

from chatstream.extensions import db
from chatstream.n8n_sim.answers import expected_text
from tests.support.frames import Stream, read
from tests.support.person import Person
from tests.support.world import Account, World

Arrive = Callable[[Account], Person]


@pytest.fixture
def client(world: World, person: Arrive) -> Person:
    return person(world.account())


@pytest.fixture
def chat_id(world: World, client: Person, simulator: str) -> str:
    """A chat in which the simulator says as many words as a message's ``/sim`` line asks for."""
    me = client.get("/api/auth/me").json()
    return client.open_chat(world.agent(uuid.UUID(me["team_id"]), simulator))


def words(content: str, tokens: int) -> str:
    return f"{content}\n/sim tokens={tokens} delay_ms=0"


def regenerate(client: Person, chat_id: str, **options: Any) -> requests.Response:
    return client.post(f"/api/chats/{chat_id}/regenerate", stream=True, **options)


def edit(client: Person, chat_id: str, message_id: str, content: str, **options: Any) -> requests.Response:
    url = f"{client.url}/api/chats/{chat_id}/messages/{message_id}"
    return client.http.put(url, json={"content": content}, stream=True, timeout=60, **options)


def versions(client: Person, chat_id: str, message_id: str) -> list[dict[str, Any]]:
    answer = client.get(f"/api/chats/{chat_id}/messages/{message_id}/versions")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def restore(client: Person, chat_id: str, message_id: str, n: int) -> requests.Response:
    return client.post(f"/api/chats/{chat_id}/messages/{message_id}/versions/{n}/restore")


def test_an_answer_is_asked_for_again_and_the_first_comes_back(client: Person, chat_id: str, simulator: str) -> None:
    client.send(chat_id, words("one", 3))
    client.send(chat_id, words("two", 4))
    before = client.chat(chat_id)
    base = simulator.rpartition("/webhook/")[0]
    requests.delete(f"{base}/requests", timeout=30)
    with regenerate(client, chat_id) as response:
        stream = read(response)
    assert (stream.text, stream.end[1]["status"]) == (expected_text(4), "complete")
    (sent,) = requests.get(f"{base}/requests", timeout=30).json()
    assert [told["content"] for told in sent["body"]["messages"]] == [m["content"] for m in before["messages"][:3]]
    after = client.chat(chat_id)
    assert after["message_count"] == 4
    assert after["messages"][:3] == before["messages"][:3]
    assert after["messages"][3]["id"] == stream.end[1]["message_id"] != before["messages"][3]["id"]
    assert after["updated_at"] > before["updated_at"]

    question, answer = after["messages"][2:]
    listed = versions(client, chat_id, question["id"])
    assert listed == versions(client, chat_id, answer["id"])
    assert [(item["n"], item["current"], item["message_count"]) for item in listed] == [(2, True, 2), (1, False, 2)]
    assert [item["messages"] for item in listed] == [after["messages"][2:], before["messages"][2:]]
    assert listed[0]["created_at"] > listed[1]["created_at"] == question["timestamp"]

    restored = restore(client, chat_id, question["id"], 1)
    assert (restored.status_code, restored.json()["message_count"]) == (200, 4)
    assert client.chat(chat_id)["messages"] == before["messages"]
    assert restore(client, chat_id, question["id"], 1).status_code == 200
    assert [item["current"] for item in versions(client, chat_id, question["id"])] == [False, True]
    read(regenerate(client, chat_id))
    assert [item["n"] for item in versions(client, chat_id, question["id"])] == [3, 2, 1]


def test_an_edit_sets_all_that_followed_aside(client: Person, chat_id: str) -> None:
    for number in range(3):
        client.send(chat_id, words(f"message {number}", number + 1))
    before = client.chat(chat_id)["messages"]
    question = before[2]
    with edit(client, chat_id, question["id"], words("in other words", 7)) as response:
        stream = read(response)
    after = client.chat(chat_id)["messages"]
    assert after[:2] == before[:2]
    assert (after[2]["id"], after[2]["content"]) == (question["id"], words("in other words", 7))
    assert after[2]["timestamp"] > question["timestamp"]
    assert after[3]["content"] == stream.text == expected_text(7)
    assert len(after) == 4
    listed = versions(client, chat_id, question["id"])
    assert [(item["n"], item["message_count"]) for item in listed] == [(2, 2), (1, 4)]
    for gone in before[3:]:
        assert edit(client, chat_id, gone["id"], "x").status_code == 404
        assert client.get(f"/api/chats/{chat_id}/messages/{gone['id']}/versions").status_code == 404

    client.send(chat_id, words("went on", 2))
    with_more = client.chat(chat_id)["messages"]
    assert restore(client, chat_id, question["id"], 1).status_code == 200
    assert client.chat(chat_id)["messages"] == before
    assert restore(client, chat_id, question["id"], 2).status_code == 200
    assert client.chat(chat_id)["messages"] == with_more


def test_turns_within_a_version_keep_their_own(client: Person, chat_id: str) -> None:
    client.send(chat_id, words("outer", 1))
    client.send(chat_id, words("inner", 2))
    outer, _, inner, _ = client.chat(chat_id)["messages"]
    read(edit(client, chat_id, inner["id"], words("inner, edited", 3)))
    with_inner_edited = client.chat(chat_id)["messages"]
    read(edit(client, chat_id, outer["id"], words("outer, edited", 4)))
    assert client.get(f"/api/chats/{chat_id}/messages/{inner['id']}/versions").status_code == 404
    restore(client, chat_id, outer["id"], 1)
    assert client.chat(chat_id)["messages"] == with_inner_edited
    assert [(item["n"], item["current"]) for item in versions(client, chat_id, inner["id"])] == [(2, True), (1, False)]
    restore(client, chat_id, inner["id"], 1)
    assert client.chat(chat_id)["messages"][2] == inner


def test_one_json_answer_and_a_key_that_comes_again(app: Flask, client: Person, chat_id: str) -> None:
    sent = client.post(
        f"/api/chats/{chat_id}/messages?stream=false", {"content": words("one", 3)}, headers={"Idempotency-Key": "send"}
    ).json()
    question = sent["user_message"]["id"]
    once = regenerate(client, chat_id, headers={"Accept": "application/json", "Idempotency-Key": "again"})
    twice = regenerate(client, chat_id, headers={"Accept": "application/json", "Idempotency-Key": "again"})
    assert once.json() == twice.json()
    assert once.json()["user_message"] == sent["user_message"]
    edited = edit(
        client, chat_id, question, words("two", 4), headers={"Idempotency-Key": "edit"}, params={"stream": "false"}
    )
    assert edited.json()["message"]["content"] == expected_text(4)
    assert edited.json()["user_message"]["content"] == words("two", 4)
    assert len(versions(client, chat_id, question)) == 3
    for path, key in (("regenerate", "edit"), ("regenerate", "send")):
        refused = client.post(f"/api/chats/{chat_id}/{path}", headers={"Idempotency-Key": key})
        assert (refused.status_code, list(refused.json()["errors"])) == (422, ["Idempotency-Key"])
    with app.app_context():
        db.session.execute(text("DELETE FROM generation_events"))
        db.session.commit()
    repeated = client.post(
        f"/api/chats/{chat_id}/messages?stream=false", {"content": words("one", 3)}, headers={"Idempotency-Key": "send"}
    )
    assert repeated.json() == sent, "what was answered then is set aside, and still the answer to this"
    assert client.chat(chat_id)["message_count"] == 2


def test_while_an_answer_runs_nothing_is_changed(client: Person, chat_id: str) -> None:
    client.send(chat_id, words("one", 2))
    question = client.chat(chat_id)["messages"][0]["id"]
    read(regenerate(client, chat_id))
    with client.begin(chat_id, "go on\n/sim tokens=200 delay_ms=20") as running:
        before = client.chat(chat_id)["messages"]
        for refused in (
            regenerate(client, chat_id),
            edit(client, chat_id, question, "x"),
            restore(client, chat_id, question, 1),
        ):
            assert (refused.status_code, refused.json()["code"]) == (409, "generation_in_progress")
        assert client.chat(chat_id)["messages"] == before
        assert len(versions(client, chat_id, question)) == 2
        client.post(f"/api/chats/{chat_id}/stop")
        assert read(running).end[1]["status"] == "stopped"
    assert len(client.chat(chat_id)["messages"]) == 4


def test_many_at_once_leave_one_turn_and_every_version(client: Person, chat_id: str) -> None:
    client.send(chat_id, words("one", 2))
    question = client.chat(chat_id)["messages"][0]["id"]
    cookies = client.http.cookies.get_dict()

    def again(_: int) -> int:
        url = f"{client.url}/api/chats/{chat_id}/regenerate"
        with requests.post(url, cookies=cookies, stream=True, timeout=60) as response:
            if response.status_code == 200:
                assert isinstance(read(response), Stream)
            return response.status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(again, range(40)))
    assert set(statuses) <= {200, 409, 429}
    listed = []
    path = f"/api/chats/{chat_id}/messages/{question}/versions"
    page: dict[str, Any] = {"next_cursor": ""}
    while page["next_cursor"] is not None:
        query = {"limit": 3} | ({"cursor": page["next_cursor"]} if page["next_cursor"] else {})
        page = client.get(path, params=query).json()
        listed += page["items"]
    assert [item["n"] for item in listed] == list(range(statuses.count(200) + 1, 0, -1))
    assert len({item["messages"][1]["id"] for item in listed}) == len(listed)
    assert client.chat(chat_id)["message_count"] == 2
