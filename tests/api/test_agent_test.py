"""``POST /api/agents/{id}/test``: what a probe says of every answer that a real n8n gives, and of every way to fail."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from chatstream import create_app
from chatstream.config import Settings
from chatstream.extensions import db
from tests.conftest import SignIn
from tests.support.captures import EXPECTED, load
from tests.support.person import Person
from tests.support.raw_server import CaptureServer, chunk, chunked_head, response
from tests.support.server import Server
from tests.support.settings import WEBHOOK_TOKEN
from tests.support.tls_server import certificate, tls_server
from tests.support.world import PASSWORD, World

FIELDS = {
    "ok", "detail", "status_code", "format", "streaming", "chunks", "time_to_first_byte_ms", "total_ms", "sample",
}  # fmt: skip
HI = b'{"type":"item","content":"hi "}\n'

Probe = Callable[..., dict[str, Any]]


@pytest.fixture
def probe(world: World, sign_in: SignIn) -> Probe:
    """Tests an agent with this webhook address, and returns the diagnosis."""
    account = world.account(role="admin")
    client = sign_in(account)

    def probe(url: str, **fields: Any) -> dict[str, Any]:
        agent_id = world.agent(account.team_id, url, **fields)
        answer = client.post(f"/api/agents/{agent_id}/test")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.get_json()
        assert set(found) == FIELDS | (set() if found["ok"] else {"code"})
        assert WEBHOOK_TOKEN not in answer.text
        assert "127.0.0.1" not in answer.text
        return found

    return probe


def answering(*writes: bytes, ends: Any = "closed") -> CaptureServer:
    return CaptureServer([(0.0, write) for write in writes], ends=ends)


@pytest.mark.parametrize(
    ("name", "form", "advice"),
    [
        ("a1_stream", "n8n_lines", "streams: 20 pieces"),
        ("b1_tool", "n8n_lines", "streams"),
        ("f1_sse_text", "server_sent_events", "one piece"),
        ("a3_agent_stream_off", None, "Enable Streaming is off"),
        ("auth_wrong", None, "Authorization data is wrong"),
        ("c1_last_first", "json", "one piece, under output. To stream, switch both on"),
        ("c2_last_all", "json", "under output"),
        ("c3_onreceived", "json", "Respond setting is Immediately"),
        ("c5_resp_text", "text", "switch both on"),
        ("c8_stream_respond_text", "n8n_lines", "a Respond to Webhook node"),
        ("c9_stream_respond_json", "n8n_lines", "a Respond to Webhook node"),
        ("c13_last_nodata", None, "without any text"),
        ("d1b_llm500", "n8n_lines", "executions shows at which node"),
        ("n8n_sigkill_midstream", "n8n_lines", "cut off"),
        ("throw_last_prod", None, "The workflow failed"),
        ("unknown_path_prod", None, "activate the workflow"),
    ],
)
def test_the_answers_of_a_real_n8n(probe: Probe, name: str, form: str | None, advice: str) -> None:
    capture, expected = load(name), EXPECTED[name]
    with CaptureServer(capture.scaled(0), ends=capture.ends) as server:
        found = probe(server.url)
    assert found["ok"] == (expected.terminal == "complete")
    assert found.get("code", "complete") == expected.terminal
    assert found["format"] == form
    assert advice in found["detail"], found["detail"]
    assert found["status_code"] == int(capture.bytes.split(b" ")[1])
    assert found["streaming"] == (expected.terminal == "complete" and found["chunks"] > 1)
    assert (found["sample"] or "") == " ".join(expected.text.split())[:500]
    assert found["total_ms"] >= (found["time_to_first_byte_ms"] or 0)


def test_the_simulator(probe: Probe, simulator: str) -> None:
    found = {
        options: probe(f"{simulator}?{options}")
        for options in (
            "tokens=20&delay_ms=5", "tokens=20&format=sse", "tokens=5&format=openai", "tokens=5&format=json",
            "tokens=5&format=text", "fail=refused", "fail=not_found", "fail=empty", "fail=started", "fail=error_after",
            "fail=cut", "fail=unreachable", "fail=bad_utf8",
        )
    }  # fmt: skip
    assert [(diagnosis.get("code", "ok"), diagnosis["streaming"]) for diagnosis in found.values()] == [
        ("ok", True), ("ok", True), ("ok", True), ("ok", False), ("ok", False), ("upstream_refused", False),
        ("upstream_not_found", False), ("upstream_empty", False), ("upstream_invalid", False),
        ("upstream_error", False), ("upstream_reset", False), ("upstream_unreachable", False),
        ("upstream_invalid", False),
    ]  # fmt: skip
    first = found["tokens=20&delay_ms=5"]
    assert first["chunks"] == 20
    assert first["sample"].startswith("t1 t2 t3")
    assert first["total_ms"] - first["time_to_first_byte_ms"] > 60


def test_what_is_sent(probe: Probe) -> None:
    with answering(response(b'{"output":"hi"}')) as server:
        probe(server.url, config={"model": "m", "total_timeout_s": 900})
    (sent,) = server.requests
    assert f"Authorization: Bearer {WEBHOOK_TOKEN}".encode() in sent
    assert b'"messages": [{"role": "user", "content": "This is a test' in sent
    assert b'"model": "m"' in sent
    with answering(response(b'{"output":"hi"}')) as server:
        probe(server.url, config={"request_format": "n8n_chat"})
    assert b'"action": "sendMessage"' in server.requests[0]


def test_the_first_byte_is_of_the_body(probe: Probe) -> None:
    writes = [(0.0, chunked_head()), (0.3, chunk(HI)), (0.2, chunk(HI)), (0.0, chunk(b""))]
    with CaptureServer(writes) as server:
        found = probe(server.url)
    assert (found["streaming"], found["chunks"], found["sample"]) == (True, 2, "hi hi")
    assert 250 < found["time_to_first_byte_ms"] < 450
    assert found["total_ms"] > 480


def test_a_proxy_that_holds_the_answer_back(probe: Probe) -> None:
    with CaptureServer([(1.2, chunked_head() + chunk(HI * 9) + chunk(b""))]) as server:
        found = probe(server.url)
    assert (found["ok"], found["chunks"]) == (True, 9)
    assert "proxy_buffering off" in found["detail"]


def test_it_is_bounded_in_time(probe: Probe) -> None:
    quick = {"config": {"total_timeout_s": 1, "idle_timeout_s": 1}}
    with answering(ends="hangs") as silent:
        found = probe(silent.url, **quick)
    assert (found["code"], found["time_to_first_byte_ms"]) == ("upstream_timeout", None)
    assert 900 < found["total_ms"] < 2000
    assert "nothing came" in found["detail"]
    with answering(chunked_head() + chunk(b'{"type":"begin"}\n'), ends="hangs") as mute:
        assert "began and sent no text" in probe(mute.url, **quick)["detail"]
    with CaptureServer([(0.0, chunked_head()), *[(0.1, chunk(HI))] * 40], ends="hangs") as talking:
        found = probe(talking.url, **quick)
    assert (found["ok"], found["streaming"]) == (True, True)
    assert "still going on" in found["detail"]
    assert found["total_ms"] < 2000


@pytest.mark.parametrize(
    ("status", "headers", "body", "code", "advice"),
    [
        (401, [], b"", "upstream_refused", "Header Auth"),
        (302, ["Location: http://127.0.0.1:1/x"], b"", "upstream_error", "redirects are not followed"),
        (404, [], b'{"message":"This webhook is not registered for POST requests."}',
         "upstream_not_found", "HTTP Method to POST"),
        (429, [], b"", "upstream_rate_limited", "rate limited"),
        (502, [], b"<html>bad gateway</html>", "upstream_error", "bad gateway"),
        (200, [], b"<!doctype html><html></html>", "upstream_invalid", "web page"),
        (200, [], b'{"result":{"x":1}}', "upstream_invalid", "no known field"),
    ],
)  # fmt: skip
def test_other_answers(probe: Probe, status: int, headers: list[str], body: bytes, code: str, advice: str) -> None:
    with answering(response(body, status=f"{status} X", headers=headers)) as server:
        found = probe(server.url)
    assert (found["ok"], found["code"], found["status_code"]) == (False, code, status)
    assert advice in found["detail"], found["detail"]


def test_an_agent_without_a_token(app: Flask, world: World, sign_in: SignIn) -> None:
    account = world.account(role="admin")
    client = sign_in(account)
    capture = load("auth_wrong")
    with CaptureServer(capture.scaled(0), ends=capture.ends) as server:
        agent_id = world.agent(account.team_id, server.url)
        client.put(f"/api/agents/{agent_id}", json={"webhook_token": None})
        assert "the agent has none" in client.post(f"/api/agents/{agent_id}/test").get_json()["detail"]


def test_the_test_url_is_named(probe: Probe) -> None:
    for answer, ok in ((response(b'{"output":"hi"}'), True), (response(b"{}", status="404 X"), False)):
        with answering(answer) as server:
            found = probe(server.url.replace("/webhook/", "/webhook-test/"))
        assert found["ok"] == ok
        assert "the production URL" in found["detail"]


def answer_at_once(listener: socket.socket) -> None:
    """As node does: what is no HTTP is told so before its line is over."""
    for _ in range(2):  # the call is tried once more
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")


def test_each_step_of_the_connection_is_told(probe: Probe, tmp_path: Path) -> None:
    unresolved = probe("http://no-such-host.invalid/webhook/x")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    refused = probe(f"http://127.0.0.1:{port}/webhook/x")
    with socket.create_server(("127.0.0.1", 0)) as plain, ThreadPoolExecutor(1) as pool:
        pool.submit(answer_at_once, plain)
        not_tls = probe(f"https://127.0.0.1:{plain.getsockname()[1]}/webhook/x")
    with answering() as closing:
        closed = probe(closing.url)
    with tls_server(certificate(tmp_path, "127.0.0.1"), []) as secure:
        not_trusted = probe(f"https://127.0.0.1:{secure}/webhook/x")
    blocked = probe("http://169.254.169.254/latest")
    details = [found["detail"] for found in (unresolved, refused, not_tls, not_trusted, closed, blocked)]
    sought = [
        "does not resolve", "Connection refused", "begin the address with http://", "certificate is not valid",
        "closed before an answer", "not on the public internet",
    ]  # fmt: skip
    for part, detail in zip(sought, details, strict=True):
        assert part in detail
    codes = {found["code"] for found in (unresolved, refused, not_tls, not_trusted, closed)}
    assert codes == {"upstream_unreachable"}
    assert blocked["code"] == "webhook_blocked"


def test_a_token_whose_key_is_gone(app: Flask, world: World, sign_in: SignIn) -> None:
    account = world.account(role="admin")
    client = sign_in(account)
    with answering(response(b'{"output":"hi"}')) as server:
        agent_id = world.agent(account.team_id, server.url)
        chat = client.post("/api/chats/", json={"agent_id": agent_id}).get_json()
        with app.app_context():
            db.session.execute(
                text("UPDATE agents SET webhook_token = regexp_replace(webhook_token, '[.].*[.]', '.x.')")
            )
            db.session.commit()
        found = client.post(f"/api/agents/{agent_id}/test").get_json()
        sent = client.post(f"/api/chats/{chat['id']}/messages", json={"content": "Hello"})
    assert (found["ok"], found["code"], found["status_code"]) == (False, "token_unreadable", None)
    assert (sent.status_code, sent.json and sent.json["code"]) == (409, "token_unreadable")
    assert server.connections == 0


def test_the_sample_is_bounded_and_tells_no_secret(probe: Probe) -> None:
    said = f"Bearer {WEBHOOK_TOKEN} of http://127.0.0.1:5678/x " + "long " * 2000
    with answering(response(b'{"output":"%s"}' % said.encode())) as server:
        found = probe(server.url)
    assert len(found["sample"]) <= 500
    assert found["sample"].startswith("Bearer [token] of http://[host]/x long long")


def test_who_may(app: Flask, world: World, sign_in: SignIn, variables: dict[str, str]) -> None:
    team = world.team()
    path = f"/api/agents/{world.agent(team)}/test"
    user, stranger = sign_in(world.account(team)), sign_in(world.account(role="admin"))
    assert user.post(path).get_json()["code"] == "admin_required"
    assert stranger.post(path).get_json()["code"] == "not_found"
    admin = world.account(team, role="admin")
    limited = create_app(Settings.from_environment({**variables, "AGENT_TEST_RATE_LIMIT": "1 per minute"}))
    client: FlaskClient = limited.test_client()
    client.post("/api/auth/login", json={"email": admin.email, "password": PASSWORD})
    assert client.post(path).status_code == 200
    assert client.post(path).status_code == 429
    with limited.app_context():
        db.engine.dispose()


def test_no_connection_is_held_while_it_waits(
    app: Flask, world: World, server: Server, person: Callable[..., Person]
) -> None:
    account = world.account(role="admin")
    held = text(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'chatstream' "
        "AND state = 'idle in transaction' AND pid <> pg_backend_pid()"
    )
    with answering(ends="hangs") as silent, person(account) as admin, ThreadPoolExecutor(1) as pool:
        agent_id = world.agent(account.team_id, silent.url, config={"total_timeout_s": 2})
        asked = pool.submit(admin.post, f"/api/agents/{agent_id}/test")
        while not silent.requests:
            time.sleep(0.02)
        with app.app_context():
            assert db.session.scalar(held) == 0
        assert not asked.done()
        assert asked.result().json()["code"] == "upstream_timeout"
