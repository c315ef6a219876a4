"""Traces of a real server, as a collector gets them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask

from chatstream.n8n_sim.answers import split_words
from tests.support.collector import Collector, Span
from tests.support.frames import read
from tests.support.person import Person
from tests.support.server import Server, free_port
from tests.support.settings import WEBHOOK_TOKEN
from tests.support.world import PASSWORD, World

SEND = "POST /api/chats/<uuid:chat_id>/messages"
SERVER, CLIENT = 2, 3
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}")


def asked(simulator: str) -> list[dict[str, str]]:
    """The headers of the calls that the simulated n8n has had, their names in lower case."""
    calls = requests.get(simulator.replace("/webhook/demo", "/requests"), timeout=10).json()
    return [{name.lower(): value for name, value in call["headers"].items()} for call in calls]


def read_traceparent(call: Mapping[str, str]) -> tuple[str, str, bool]:
    """Ids of trace and span, and whether the trace is kept; the other flags do not matter here."""
    version, trace_id, span_id, flags = call["traceparent"].split("-")
    assert version == "00"
    return trace_id, span_id, bool(int(flags, 16) & 1)


def said(collector: Collector, span: Span) -> str:
    """The statements right within a span."""
    return "\n".join(child.attributes.get("db.query.text", "") for child in collector.children(span))


@pytest.fixture
def simulator(simulator: str) -> str:
    """With an empty memory."""
    requests.delete(simulator.replace("/webhook/demo", "/requests"), timeout=10)
    return simulator


def test_an_answer_is_one_trace_and_a_stop_sends_it(
    app: Flask, world: World, variables: dict[str, str], simulator: str, tmp_path: Path
) -> None:
    account = world.account()
    agent_id = world.agent(account.team_id, f"{simulator}?tokens=20")
    told = {"LOG_LEVEL": "info", "LOG_FORMAT": "json", "OTEL_SERVICE_NAME": "chat-1"}
    with Collector() as collector, Server({**variables, **collector.variables, **told}, tmp_path / "log") as server:
        with Person(server.url, account) as person:
            chat_id = person.open_chat(agent_id)
            with person.begin(chat_id, headers={"X-Request-ID": "ask-1"}) as response:
                stream = read(response)
        for path in ("/healthz", "/readyz", "/metrics"):
            requests.get(server.url + path, timeout=10)
        assert collector.posts == 0, "nothing but the stop has sent them"
        assert server.stop() == 0
    (request,) = collector.named(SEND)
    (generation,) = collector.named("generation")
    (webhook,) = collector.named("webhook")
    assert (request.kind, request.parent, request.service) == (SERVER, "", "chat-1")
    assert (generation.trace_id, generation.parent) == (request.trace_id, request.span_id)
    assert (webhook.kind, webhook.trace_id, webhook.parent) == (CLIENT, request.trace_id, generation.span_id)
    (call,) = asked(simulator)
    assert read_traceparent(call) == (webhook.trace_id, webhook.span_id, True)
    assert call["x-request-id"] == "ask-1"

    ids = {"chatstream.chat_id": chat_id, "chatstream.agent_id": agent_id, "user.id": str(account.id)}
    common = {**ids, "chatstream.team_id": str(account.team_id), "chatstream.request_id": "ask-1"}
    for span in (request, generation):
        assert common.items() <= span.attributes.items()
        assert span.attributes["chatstream.generation_id"] == stream.generation_id
    assert request.attributes["http.response.status_code"] == 200
    assert request.ended > webhook.ended, "a stream lasts until it is closed"
    assert generation.events == ["first_token"]
    facts = {"outcome": "complete", "chunks": len(split_words(stream.text)), "chars": len(stream.text)}
    assert {f"chatstream.{name}": value for name, value in facts.items()}.items() <= generation.attributes.items()
    assert generation.attributes["chatstream.first_token_ms"] >= 0
    assert webhook.attributes["chatstream.outcome"] == "complete"
    assert webhook.attributes["http.response.status_code"] == 200
    assert webhook.attributes["server.address"] == "127.0.0.1"
    assert webhook.attributes["chatstream.first_byte_ms"] >= 0

    statements = [span for span in collector.spans if "db.query.text" in span.attributes]
    assert said(collector, request).count("SELECT generation_send(") == 1
    assert said(collector, generation).count("SELECT generation_close(") == 1
    assert all(span.parent and span.kind == CLIENT for span in statements), "no heartbeat is a trace"
    assert {span.kind for span in collector.spans if not span.parent} == {SERVER}
    names = {span.name for span in collector.spans}
    assert not any(UUID.search(name) or "healthz" in name or "readyz" in name or "metrics" in name for name in names)
    assert not any(span.is_error for span in collector.spans)

    lines = [json.loads(line) for line in server.log.read_text().splitlines()]
    by = {line["event"]: line for line in lines if line.get("request_id") == "ask-1"}
    for name, span in (("request", request), ("generation_started", request), ("generation_ended", generation)):
        assert (by[name]["trace_id"], by[name]["span_id"]) == (span.trace_id, span.span_id), name


def test_answers_at_once_keep_to_their_own_traces(
    app: Flask, world: World, variables: dict[str, str], simulator: str, tmp_path: Path
) -> None:
    """Their greenlets take turns at every token and at every statement."""
    account = world.account()
    agent_id = world.agent(account.team_id, f"{simulator}?tokens=30&delay_ms=10")
    with Collector() as collector, Server({**variables, **collector.variables}, tmp_path / "log") as server:
        with Person(server.url, account) as person, ThreadPoolExecutor(5) as pool:
            chats = [person.open_chat(agent_id) for _ in range(5)]

            def send(number: int) -> None:
                for turn in range(2):
                    headers = {"X-Request-ID": f"ask-{number}-{turn}"}
                    with person.begin(chats[number], headers=headers) as response:
                        assert read(response).end[1]["status"] == "complete"

            list(pool.map(send, range(5)))
        assert server.stop() == 0
    asked_for = collector.named(SEND)
    assert len({span.trace_id for span in asked_for}) == 10
    seen = {call["x-request-id"]: read_traceparent(call) for call in asked(simulator)}
    for request in asked_for:
        within = [span for span in collector.spans if span.trace_id == request.trace_id]
        (generation,) = [span for span in within if span.name == "generation"]
        (webhook,) = [span for span in within if span.name == "webhook"]
        request_id = request.attributes["chatstream.request_id"]
        assert (generation.parent, webhook.parent) == (request.span_id, generation.span_id)
        assert generation.attributes["chatstream.request_id"] == request_id
        assert seen[request_id] == (request.trace_id, webhook.span_id, True)
        others = [span for span in within if span not in (request, generation, webhook)]
        assert {span.parent for span in others} == {request.span_id, generation.span_id}
        assert said(collector, generation).count("SELECT generation_close(") == 1


def test_a_generation_outlives_the_request_that_asked_for_it(
    app: Flask, world: World, variables: dict[str, str], simulator: str, tmp_path: Path
) -> None:
    account = world.account()
    agent_id = world.agent(account.team_id, f"{simulator}?tokens=60&delay_ms=25")
    with Collector() as collector, Server({**variables, **collector.variables}, tmp_path / "log") as server:
        with Person(server.url, account) as person:
            with person.begin(person.open_chat(agent_id)) as response:
                next(response.iter_content(1))
            person.get("/api/auth/me")  # over a connection that is still open or a new one
        assert server.stop() == 0
    (request,), (generation,) = collector.named(SEND), collector.named("generation")
    assert generation.parent == request.span_id
    assert request.ended < generation.ended
    assert generation.attributes["chatstream.outcome"] == "complete"
    (other,) = collector.named("GET /api/auth/me")
    assert (other.trace_id != request.trace_id, other.parent) == (True, "")


def test_what_fails_is_told_by_its_code(
    app: Flask, world: World, variables: dict[str, str], simulator: str, tmp_path: Path
) -> None:
    account = world.account()
    broken = world.agent(account.team_id, simulator.replace("/webhook/demo", "/webhook/scenario/error_500"))
    endless = world.agent(account.team_id, f"{simulator}?tokens=5000&delay_ms=20")
    with Collector() as collector, Server({**variables, **collector.variables}, tmp_path / "log") as server:
        with Person(server.url, account) as person:
            assert person.send(person.open_chat(broken)).end[0] == "error"
            whole = {"Accept": "application/json"}
            failed = person.post(f"/api/chats/{person.open_chat(broken)}/messages", {"content": "x"}, headers=whole)
            assert failed.status_code == 502
            assert person.get("/api/chats/no-such-chat").status_code == 404
            chat_id = person.open_chat(endless)
            with person.begin(chat_id) as response:
                pieces = response.iter_content(None)
                next(pieces)
                assert person.post(f"/api/chats/{chat_id}/stop").json() == {"stopped": True}
                assert b"Stream stopped" in b"".join(pieces)
        assert server.stop() == 0
    streamed, waited_for, stopped = collector.named(SEND)
    assert not streamed.is_error
    assert (waited_for.is_error, waited_for.attributes["error.type"]) == (True, "upstream_error")
    for request in (streamed, waited_for):
        (generation,) = [span for span in collector.children(request) if span.name == "generation"]
        (webhook,) = [span for span in collector.children(generation) if span.name == "webhook"]
        assert generation.is_error
        assert webhook.is_error
        assert generation.attributes["error.type"] == webhook.attributes["error.type"] == "upstream_error"
        assert webhook.attributes["http.response.status_code"] == 500
    (generation,) = [span for span in collector.children(stopped) if span.name == "generation"]
    (webhook,) = [span for span in collector.children(generation) if span.name == "webhook"]
    assert (generation.attributes["chatstream.outcome"], generation.is_error) == ("stopped", False)
    assert (webhook.attributes["chatstream.outcome"], webhook.is_error) == ("cut", False)
    (unknown,) = collector.named("GET unmatched")
    assert not unknown.is_error
    assert not any(span.said for span in collector.spans)


def test_nothing_that_is_secret_or_said_is_in_a_span(
    app: Flask, world: World, variables: dict[str, str], simulator: str, tmp_path: Path
) -> None:
    boss = world.account(role="admin", email="canary-mail@example.org")
    webhook_url = f"{simulator}?tokens=5"
    agent_id = world.agent(boss.team_id, webhook_url, config={"title_webhook": webhook_url})
    canaries = {PASSWORD, WEBHOOK_TOKEN, "canary", "t1 t2 t3", "webhook/demo"}
    with Collector() as collector, Server({**variables, **collector.variables}, tmp_path / "log") as server:
        with Person(server.url, boss) as person:
            canaries |= {cookie.value for cookie in person.http.cookies if cookie.value}
            chat = person.post("/api/chats/", {"agent_id": agent_id, "metadata": {"x": "canary-metadata"}}).json()
            stream = person.send(chat["id"], "canary-message")
            person.ask_again(chat["id"], 0, "canary-edited").close()
            rated = f"/api/chats/{chat['id']}/messages/{stream.end[1]['message_id']}/feedback"
            person.http.put(server.url + rated, json={"rating": "up", "comment": "canary-comment"}, timeout=10)
            person.get("/api/search?q=canary-words")
            person.get("/api/chats/?q=canary-words")
            person.get("/api/canary-path/unknown?canary=1")
            person.http.put(f"{server.url}/api/chats/{chat['id']}", json={"title": "canary-title"}, timeout=10)
            person.post(f"/api/agents/{agent_id}/test")
            wrong = {"email": "canary-mail@example.org", "password": "canary-wrong"}
            person.post("/api/auth/login", wrong)
            newcomer = {
                "email": "canary-new@example.org",
                "password": "canary-password-1",
                "team_id": str(boss.team_id),
            }
            assert person.post("/api/auth/register", newcomer).status_code == 201
            assert person.post("/api/auth/register", newcomer).status_code == 409
            person.post("/api/chats/import", {"canary": "canary"}, headers={"User-Agent": "canary-agent"})
        assert server.stop() == 0
    assert len(collector.named("webhook")) >= 4, "the answers, the title and the test"
    assert all("traceparent" in call for call in asked(simulator))
    assert [canary for canary in sorted(canaries) if canary.encode() in collector.raw] == []
    texts = {span.attributes["db.query.text"] for span in collector.spans if "db.query.text" in span.attributes}
    assert len(texts) > 30
    assert [text for text in texts if UUID.search(text)] == []
    assert any("%(" in text for text in texts), "parameters have their places"


@pytest.mark.parametrize("word", ["on", "continue"])
def test_a_traceparent_from_outside_counts_where_it_is_wanted(
    app: Flask, world: World, variables: dict[str, str], simulator: str, tmp_path: Path, word: str
) -> None:
    account = world.account()
    agent_id = world.agent(account.team_id, f"{simulator}?tokens=3")
    kept, unkept = "1" * 32, "2" * 32
    with Collector() as collector:
        wanted = {**variables, **collector.variables, "TRACES": word}
        with Server(wanted, tmp_path / "log") as server:
            with Person(server.url, account) as person:
                for trace_id, flags in ((kept, "01"), (unkept, "00")):
                    headers = {"traceparent": f"00-{trace_id}-{'3' * 16}-{flags}", "tracestate": "vendor=1"}
                    with person.begin(person.open_chat(agent_id), headers={**headers, "baggage": "a=b"}) as response:
                        read(response)
            assert server.stop() == 0
    first, second = map(read_traceparent, asked(simulator))
    states = [call.get("tracestate") for call in asked(simulator)]
    assert not any("baggage" in call for call in asked(simulator))
    if word == "on":
        assert {span.parent for span in collector.named(SEND)} == {""}
        assert len(collector.named("generation")) == 2
        assert kept not in first
        assert unkept not in second
        assert second[2]
        assert states == [None, None]
    else:
        (request,) = collector.named(SEND)
        assert (request.trace_id, request.parent) == (kept, "3" * 16)
        assert len(collector.named("generation")) == 1
        assert (first[0], first[2]) == (kept, True)
        assert (second[0], second[2]) == (unkept, False)
        assert states == ["vendor=1", "vendor=1"]


def test_the_samplers_variables_are_heard(
    app: Flask, world: World, variables: dict[str, str], simulator: str, tmp_path: Path
) -> None:
    account = world.account()
    agent_id = world.agent(account.team_id, f"{simulator}?tokens=3")
    with Collector() as collector:
        none = {
            **collector.variables,
            "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
            "OTEL_TRACES_SAMPLER_ARG": "0",
        }
        with Server({**variables, **none}, tmp_path / "log") as server:
            with Person(server.url, account) as person:
                assert person.send(person.open_chat(agent_id)).end[0] == "done"
            assert server.stop() == 0
    assert collector.spans == []
    assert not read_traceparent(asked(simulator)[0])[2]


@pytest.mark.parametrize("fault", ["away", "hangs"])
def test_nobody_waits_for_a_collector_that_is_not_there(
    app: Flask, world: World, variables: dict[str, str], simulator: str, tmp_path: Path, fault: str
) -> None:
    account = world.account()
    agent_id = world.agent(account.team_id, f"{simulator}?tokens=20&delay_ms=20")
    at_once = {"OTEL_BSP_SCHEDULE_DELAY": "50", "OTEL_BSP_MAX_QUEUE_SIZE": "16", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "8"}
    with Collector(hangs=True) as collector:
        place = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{free_port()}"} if fault == "away" else {}
        environment = {**variables, **collector.variables, **at_once, **place, "LOG_FORMAT": "json"}
        with Server(environment, tmp_path / "log") as server:
            with Person(server.url, account) as person:
                chat_id = person.open_chat(agent_id)
                for _ in range(5):
                    assert person.send(chat_id).end[1]["status"] == "complete"
                if fault == "hangs":
                    collector.wait_until(lambda: collector.posts > 0)
                assert person.send(chat_id).end[1]["status"] == "complete"
                assert len(person.chat(chat_id)["messages"]) == 12
            assert server.stop(seconds=20) == 0
    lines: list[dict[str, Any]] = [json.loads(line) for line in server.log.read_text().splitlines()]
    complaints = [line["message"] for line in lines if line.get("logger", "").startswith("opentelemetry")]
    assert complaints, "the operator is told"
    assert sum("Queue full" in words for words in complaints) == 1, "each complaint once"


def test_they_are_sent_under_way(
    app: Flask, world: World, variables: dict[str, str], simulator: str, tmp_path: Path
) -> None:
    """The batch processor's thread runs under gevent, beside the requests, and nobody has to stop the server."""
    account = world.account()
    agent_id = world.agent(account.team_id, f"{simulator}?tokens=200&delay_ms=20")
    with Collector() as collector:
        soon = {**collector.variables, "OTEL_BSP_SCHEDULE_DELAY": "100"}
        with Server({**variables, **soon}, tmp_path / "log") as server, Person(server.url, account) as person:
            chat_id = person.open_chat(agent_id)
            with person.begin(chat_id) as response:
                collector.wait_until(lambda: bool(collector.named("POST /api/auth/login")))
                assert read(response).end[1]["status"] == "complete"
            collector.wait_until(lambda: bool(collector.named("generation")))
            assert collector.named("generation")[0].service == "chatstream"
