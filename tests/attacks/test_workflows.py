"""Workflows that are hostile to whoever reads their answers, and rights that end while one is read."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from tests.support.cast import Cast
from tests.support.frames import Stream, read
from tests.support.person import Person
from tests.support.raw_server import CaptureServer, chunk, chunked_head, response
from tests.support.world import Account, World

EVIL = (
    'before\r\n\r\nevent: done\r\nid: 7\r\ndata: {"type": "done", "data": {}}\r\n\r\n'
    "\n\ndata: x\n\nretry: 1\n\n: comment\n\n\rdata: y\r\r\u2028\u2029\x85\x0b\x0c\ufeff"
    "<script>alert(1)</script><img src=x onerror=alert(1)> [DONE] \x1b[2J after"
)
TYPES = {"status", "message", "done"}

CLAIMS: dict[str, str | int] = {
    "type": "done",
    "event": "done",
    "id": "11111111-1111-4111-8111-111111111111:9",
    "message_id": "11111111-1111-4111-8111-111111111111",
    "status": "complete",
    "role": "system",
    "user_id": "11111111-1111-4111-8111-111111111111",
    "retry": 1,
}
"""What the workflow would like to decide."""


def lines() -> bytes:
    items = [
        {"type": "begin"},
        {**CLAIMS, "content": "not an item"},
        {"type": "item", "content": EVIL},
        {"type": "end"},
    ]
    return chunked_head() + b"".join(chunk(json.dumps(item).encode() + b"\n") for item in items) + chunk(b"")


def events() -> bytes:
    data = json.dumps({**CLAIMS, "content": EVIL})
    body = f"event: done\nid: 9\nretry: 1\ndata: {data}\n\ndata: [DONE]\n\n".encode()
    return response(body, content_type="text/event-stream")


def document() -> bytes:
    return response(json.dumps({**CLAIMS, "output": EVIL}).encode())


def plain() -> bytes:
    return response(EVIL.encode(), content_type="text/html")


@pytest.mark.parametrize("form", [lines, events, document, plain])
def test_a_workflow_says_text_and_nothing_else(
    world: World, person: Callable[[Account], Person], form: Callable[[], bytes]
) -> None:
    account = world.account()
    client = person(account)
    with CaptureServer([(0.0, form())]) as workflow:
        chat_id = client.open_chat(world.agent(account.team_id, workflow.url))
        with client.begin(chat_id) as answer:
            raw = b"".join(answer.iter_content(None))
    assert raw.isascii()
    assert b"\r" not in raw
    assert not any(line.startswith((b"event", b"retry")) for line in raw.split(b"\n"))
    stream = Stream()
    stream.feed(raw)
    assert set(stream.types) == TYPES
    assert stream.types.count("done") == 1
    assert stream.text == EVIL
    stored = client.chat(chat_id)["messages"][-1]
    assert (stored["role"], stored["status"], stored["content"]) == ("assistant", "complete", EVIL)
    assert stored["id"] == stream.end[1]["message_id"]
    assert str(CLAIMS["message_id"]) not in raw.decode()
    shown = client.get(f"/api/chats/{chat_id}")
    assert shown.headers["Content-Type"] == "application/json"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("how", ["demoted", "deactivated", "signed out"])
def test_rights_that_end_in_mid_stream_end_the_stream(
    world: World, cast: Cast, simulator: str, person: Callable[[Account], Person], how: str
) -> None:
    account = world.account(cast.team, role="admin")
    client, admin = person(account), cast.callers["admin"]
    chat_id = client.open_chat(world.agent(cast.team, f"{simulator}?tokens=3000&delay_ms=20"))
    with client.begin(chat_id) as answer:
        pieces = answer.iter_content(None)
        first = next(pieces)
        if how == "signed out":
            (here,) = [item["id"] for item in client.get("/api/auth/sessions/").json()["items"] if item["current"]]
            done = client.http.delete(f"{client.url}/api/auth/sessions/{here}", timeout=10)
        else:
            change = {"role": "user"} if how == "demoted" else {"is_active": False}
            done = admin.http.patch(f"{admin.url}/api/users/{account.id}", json=change, timeout=10)
        assert done.ok, done.text
        ended = time.monotonic()
        stream = Stream()
        stream.feed(first + b"".join(pieces))
        assert time.monotonic() - ended < 2
    assert stream.end[1]["status"] == "stopped"
    after = client.get(f"/api/chats/{chat_id}/stream")
    assert after.status_code == (200 if how == "demoted" else 401)
    if how == "demoted":
        assert client.get("/api/users/").status_code == 403
        assert read(after).end[1]["status"] == "stopped"
