"""Chats as documents: what goes out comes in again, and nothing else does."""

from __future__ import annotations

import json
import tracemalloc
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient

from chatstream.errors import Conflict
from chatstream.extensions import db
from chatstream.models import Chat, ChatVersion
from chatstream.services import transcripts
from chatstream.services.transfers import exporting, importing
from tests.api.test_chats import NIL, fill, open_chat
from tests.conftest import SignIn
from tests.support.person import Person
from tests.support.world import Account, World


@pytest.fixture
def account(world: World) -> Account:
    return world.account()


@pytest.fixture
def client(sign_in: SignIn, account: Account) -> FlaskClient:
    return sign_in(account)


@pytest.fixture
def agent(world: World, account: Account) -> str:
    return world.agent(account.team_id)


def exported(client: FlaskClient, chat_id: str) -> dict[str, Any]:
    answer = client.get(f"/api/chats/{chat_id}/export")
    assert answer.status_code == 200
    document: dict[str, Any] = json.loads(answer.data)
    return document


def imported(client: FlaskClient, document: dict[str, Any], *, status: int = 201) -> Any:
    answer = client.post("/api/chats/import", json=document)
    assert answer.status_code == status, answer.text
    return answer.get_json()


def message(role: str = "user", **fields: Any) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "role": role,
        "content": "שלום 👨\u200d👩\u200d👧 <b>\u2028</b>",
        "timestamp": "2026-01-01T00:00:00.123Z",
        **fields,
    }


MESSAGES = [
    message(metadata={"files": [{"name": "a.pdf", "size": 1.5, "big": 12345678901234567890123, "none": None}]}),
    message("assistant", status="error", metadata={"error_code": "upstream_error"}, content=""),
    message("assistant", status="complete", feedback={"rating": "down", "comment": "no"}),
    message("assistant", status="stopped", content="é" * 300_000, feedback={"rating": "up"}),
]


def test_what_goes_out_comes_in_again(app: Flask, client: FlaskClient, agent: str) -> None:
    chat = open_chat(client, agent, title="Reise nach 日本", metadata={"color": {"r": 1}})
    with app.app_context():
        transcripts.extend(uuid.UUID(chat["id"]), MESSAGES)
        db.session.commit()
    fill(app, chat["id"], 120)
    client.put(f"/api/chats/{chat['id']}", json={"is_archived": True})
    out = exported(client, chat["id"])
    assert out["version"] == 1
    assert out["messages"][:4] == MESSAGES
    assert len(out["messages"]) == out["message_count"] == 124
    made = imported(client, out)
    again = exported(client, made["id"])
    assert made["id"] != chat["id"]
    assert again.pop("id") != out.pop("id")
    assert again == out
    assert client.get("/api/search?q=119").get_json()["items"] != []


def test_an_export_is_a_file_to_save(app: Flask, client: FlaskClient, agent: str) -> None:
    for title, plain, full in (
        ("Plans", "Plans.json", "Plans.json"),
        ("../a/b\\c: \u202e“x”\r\n", "a b c x.json", "a%20b%20c%20%E2%80%9Cx%E2%80%9D.json"),
        ("日本", "chat.json", "%E6%97%A5%E6%9C%AC.json"),
        ("...", "chat.json", "chat.json"),
    ):
        chat_id = open_chat(client, agent, title=title)["id"]
        answer = client.get(f"/api/chats/{chat_id}/export")
        disposition = answer.headers["Content-Disposition"]
        assert plain in disposition, title
        assert disposition.endswith(f"filename*=UTF-8''{full}"), title
        assert json.loads(answer.data)["messages"] == []
    chat_id = open_chat(client, agent, title="A\nB")["id"]
    with app.app_context():
        transcripts.extend(
            uuid.UUID(chat_id), [message(content="Hi"), message("assistant", status="stopped", content="*Yo*")]
        )
        db.session.commit()
    answer = client.get(f"/api/chats/{chat_id}/export?format=markdown")
    assert answer.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert answer.text == (
        "# A B\n\n## User, 2026-01-01T00:00:00.123Z\n\nHi\n\n## Assistant, 2026-01-01T00:00:00.123Z (stopped)\n\n*Yo*\n"
    )
    assert client.get(f"/api/chats/{chat_id}/export?format=pdf").status_code == 422


def test_nobody_else_exports_a_chat(
    world: World, sign_in: SignIn, client: FlaskClient, agent: str, account: Account
) -> None:
    chat_id = open_chat(client, agent)["id"]
    for stranger in (world.account(account.team_id, role="admin"), world.account()):
        assert sign_in(stranger).get(f"/api/chats/{chat_id}/export").status_code == 404


def test_ids_are_made_where_there_is_none_to_keep(client: FlaskClient, agent: str) -> None:
    kept = message()
    document = {
        "version": 1,
        "agent_id": agent,
        "messages": [kept, kept, message(id="1"), message(id=7), {"role": "assistant", "content": "x"}],
    }
    made = imported(client, document)
    assert (made["title"], made["message_count"]) == (None, 5)
    messages = exported(client, made["id"])["messages"]
    assert messages[0] == kept
    assert len({uuid.UUID(item["id"]) for item in messages}) == 5
    assert messages[4]["timestamp"].endswith("Z")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"version": 2}, "version"),
        ({"version": True}, "version"),
        ({"agent_id": "x"}, "agent_id"),
        ({"title": "x" * 201}, "title"),
        ({"title": "\0"}, "_schema"),
        ({"surprise": 1}, "surprise"),
        ({"": {"messages": [1]}}, "_schema"),
        ({"messages.item": {"role": "user", "content": "x"}}, "messages.item"),
        ({"metadata": {"x": "y" * 17_000}}, "metadata"),
        ({"updated_at": "yesterday"}, "updated_at"),
        ({"created_at": "0001-01-01T00:00:00+14:00"}, "created_at"),
        ({"updated_at": "2999-01-01T00:00:00Z"}, "updated_at"),
        ({"metadata": {"x": [0] * 30_000}}, "_schema"),
        ({"messages": [message(metadata={"x": [0] * 30_000})]}, "_schema"),
        ({"messages": {"item": message()}}, "messages"),
        ({"messages": None}, "messages"),
        ({"messages": [1]}, "messages.0"),
        ({"messages": [message(), message(role="system")]}, "messages.1.role"),
        ({"messages": [message(content=1)]}, "messages.0.content"),
        ({"messages": [message(content="\0")]}, "messages.0"),
        ({"messages": [message(timestamp="2026-02-30T00:00:00Z")]}, "messages.0.timestamp"),
        ({"messages": [message(timestamp="2026-W01-1T00:00:00Z")]}, "messages.0.timestamp"),
        ({"messages": [message(timestamp="0001-01-01T00:00:00+14:00")]}, "messages.0.timestamp"),
        ({"messages": [message(status="complete")]}, "messages.0.status"),
        ({"messages": [message("assistant", status="running")]}, "messages.0.status"),
        ({"messages": [message("assistant", status=[])]}, "messages.0.status"),
        ({"messages": [message(feedback={"rating": "up"})]}, "messages.0.feedback"),
        ({"messages": [message("assistant", feedback={"rating": {}})]}, "messages.0.feedback"),
        ({"messages": [message(metadata=[])]}, "messages.0.metadata"),
        ({"messages": [message(metadata={"x": "y" * 17_000})]}, "messages.0.metadata"),
        ({"messages": [message(team_id=NIL)]}, "messages.0.team_id"),
        ({"messages": [message(metadata={"x": json.loads("[" * 40 + "]" * 40)})]}, "_schema"),
    ],
)
def test_a_bad_document_leaves_nothing(client: FlaskClient, agent: str, changes: dict[str, Any], field: str) -> None:
    good = [message() for _ in range(60)] if "messages" not in changes else []
    problem = imported(client, {"version": 1, "agent_id": agent, "messages": good, **changes}, status=422)
    assert list(problem["errors"]) == [field]
    assert client.get("/api/chats").get_json()["items"] == []


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        '{"version": 1, "messages": [}',
        '{"messages": [NaN]}',
        "\ufeff{}",
        '{"x": "\\ud800"',
        "{} {}",
        b"\xff",
    ],
)
def test_what_is_not_json_is_refused(client: FlaskClient, body: str | bytes) -> None:
    answer = client.post("/api/chats/import", data=body, content_type="application/json")
    assert (answer.status_code, answer.get_json()["code"]) == (400, "bad_request"), body


def test_odd_documents_are_refused(client: FlaskClient, agent: str) -> None:
    for body in ("[]", "1", '"x"', "null", '{"messages": [], "messages": []}', '{"messages": 1e999}', "{}"):
        answer = client.post("/api/chats/import", data=body, content_type="application/json")
        assert answer.status_code in (400, 422), body
    infinite = json.dumps({"version": 1, "agent_id": agent, "messages": [message(metadata={"x": 7})]})
    answer = client.post("/api/chats/import", data=infinite.replace("7}", "7e999}"), content_type="application/json")
    assert answer.get_json()["code"] == "bad_request"
    assert client.post("/api/chats/import", data="{}", content_type="text/plain").status_code == 415


def test_an_import_needs_an_agent_of_the_team_and_a_sane_size(world: World, client: FlaskClient) -> None:
    for agent_id in (NIL, world.agent(world.team())):
        imported(client, {"version": 1, "agent_id": agent_id, "messages": []}, status=404)
    answer = client.post("/api/chats/import", data=b" " * ((16 << 20) + 1), content_type="application/json")
    assert (answer.status_code, answer.get_json()["code"]) == (413, "body_too_large")


def test_few_imports_run_at_once(client: FlaskClient) -> None:
    with importing.slot(), importing.slot():
        answer = client.post("/api/chats/import", json={})
    assert (answer.status_code, answer.get_json()["code"]) == (503, "busy")
    assert "Retry-After" in answer.headers
    assert client.post("/api/chats/import", json={}).status_code == 422


def test_an_export_of_two_minds_is_cut_off(app: Flask, client: FlaskClient, agent: str) -> None:
    chat_id = uuid.UUID(open_chat(client, agent)["id"])
    ids = fill(app, str(chat_id), 130)
    with app.app_context():
        found = exporting.pages(db.session.get_one(Chat, chat_id), app.app_context)
        db.session.rollback()
    assert len(next(iter(found))) == 50
    with app.app_context():
        version = ChatVersion(chat_id=chat_id, message_id=uuid.UUID(ids[100]), number=1, is_current=False)
        db.session.add(version)
        db.session.flush()
        transcripts.rewind(chat_id, ids[100], version_id=version.id)
        db.session.commit()
    fill(app, str(chat_id), 50)
    with pytest.raises(Conflict):
        list(found)


def test_a_long_export_needs_no_more_memory_than_a_short_one(app: Flask, client: FlaskClient, agent: str) -> None:
    chat_id = uuid.UUID(open_chat(client, agent)["id"])
    with app.app_context():
        for _ in range(100):
            transcripts.extend(chat_id, [message(content="x" * 800) for _ in range(50)])
        db.session.commit()
    peaks = []
    for _ in range(2):  # the first time warms up
        tracemalloc.start()
        answer = client.get(f"/api/chats/{chat_id}/export", buffered=False)
        size = sum(len(piece) for piece in answer.iter_encoded())
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert size > 4_500_000
    assert peaks[1] < 1_000_000


def test_a_server_sends_a_chat_that_grows_meanwhile(
    app: Flask, world: World, person: Callable[[Account], Person], account: Account, agent: str
) -> None:
    """No connection to the database is held while the client takes its time."""
    someone = person(account)
    chat_id = someone.open_chat(agent)
    fill(app, chat_id, 2000)
    with someone.get(f"/api/chats/{chat_id}/export", stream=True) as response:
        pieces = response.iter_content(100)
        start = next(pieces)
        fill(app, chat_id, 100)
        document = json.loads(start + b"".join(pieces))
    assert len(document["messages"]) == document["message_count"] == 2000
    answer: requests.Response = someone.post("/api/chats/import", document)
    assert answer.status_code == 201
    assert answer.json()["message_count"] == 2000
