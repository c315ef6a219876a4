"""Every way in which a workflow fails, through the real server: the code, what is stored, what is logged."""

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
from tests.support.frames import Stream
from tests.support.person import Person
from tests.support.server import free_port
from tests.support.world import Account, World

Arrive = Callable[[Account], Person]

PARTLY = "tokens=9&after=4&delay_ms=1"
SHORT = {"idle_timeout_s": 1, "total_timeout_s": 3}
FAILURES: dict[str, tuple[str, dict[str, Any], str | None]] = {
    # options of the simulator: (code, config, the text that is stored; None: whatever came)
    "fail=refused": ("upstream_refused", {}, ""),
    "status=401": ("upstream_refused", {}, ""),
    "fail=not_found": ("upstream_not_found", {}, ""),
    "fail=rate_limited": ("upstream_rate_limited", {}, ""),
    "fail=error_500": ("upstream_error", {}, ""),
    "status=502": ("upstream_error", {}, ""),
    "status=301&location=http://127.0.0.1:1/": ("upstream_error", {}, ""),
    "status=307&location=http://127.0.0.1:1/": ("upstream_error", {}, ""),
    "fail=unreachable": ("upstream_unreachable", {}, ""),
    "fail=empty": ("upstream_empty", {}, ""),
    "fail=begin_only": ("upstream_empty", {}, ""),
    "fail=started": ("upstream_invalid", {}, ""),
    "fail=error_line": ("upstream_error", {}, ""),
    f"fail=error_after&{PARTLY}": ("upstream_error", {}, expected_text(4)),
    f"fail=error_hang&{PARTLY}": ("upstream_error", {}, expected_text(4)),
    f"fail=cut&{PARTLY}": ("upstream_reset", {}, expected_text(4)),
    f"fail=reset&{PARTLY}": ("upstream_reset", {}, None),
    f"fail=bad_utf8&{PARTLY}": ("upstream_invalid", {}, expected_text(4)),
    f"fail=garbage&{PARTLY}": ("upstream_invalid", {}, expected_text(4)),
    "fail=hang": ("upstream_timeout", SHORT, ""),
    "fail=hang_headers": ("upstream_timeout", SHORT, ""),
    "fail=drip&drip_ms=300": ("upstream_timeout", SHORT, None),
    "tokens=1000&delay_ms=50": ("upstream_timeout", SHORT, None),
    "fail=long_line": ("upstream_too_large", {}, ""),
    "fail=huge": ("upstream_too_large", {}, None),
    "fail=gzip_bomb": ("upstream_too_large", {}, None),
}


@pytest.mark.timeout(180)
def test_every_failure_has_its_code(app: Flask, world: World, person: Arrive, simulator: str) -> None:
    def exchange(options: str) -> tuple[str, Stream, dict[str, Any], float]:
        account = world.account()
        client = person(account)
        agent_id = world.agent(account.team_id, f"{simulator}?{options}", config=FAILURES[options][1])
        chat_id = client.open_chat(agent_id)
        started = time.monotonic()
        stream = client.send(chat_id)
        return options, stream, client.chat(chat_id), time.monotonic() - started

    with ThreadPoolExecutor(8) as pool:
        exchanges = list(pool.map(exchange, FAILURES))
    with app.app_context():
        logged = {row[0]: row[1] for row in db.session.execute(text("SELECT chat_id::text, code FROM error_logs"))}
        states = {row[0]: row[1] for row in db.session.execute(text("SELECT chat_id::text, status FROM generations"))}

    for options, stream, chat, took in exchanges:
        code, config, stored = FAILURES[options]
        assert stream.types[-2:] == ["status", "error"], options
        assert stream.end[1]["code"] == code, (options, stream.end)
        answer = chat["messages"][-1]
        assert answer["status"] == "error", options
        assert answer["content"] == stream.text, options
        assert stored in (None, stream.text), options
        assert logged[chat["id"]] == code, options
        assert states[chat["id"]] == "error", options
        assert "127.0.0.1" not in stream.end[1]["message"], options
        if config:
            assert took < config["total_timeout_s"] + 4, options


def test_an_address_where_nobody_listens(world: World, person: Arrive) -> None:
    account = world.account()
    client = person(account)
    chat_id = client.open_chat(world.agent(account.team_id, f"http://127.0.0.1:{free_port()}/webhook/x"))
    assert client.send(chat_id).end[1]["code"] == "upstream_unreachable"


def test_an_address_that_is_not_allowed_any_more(world: World, person: Arrive) -> None:
    account = world.account()
    client = person(account)
    chat_id = client.open_chat(world.agent(account.team_id, "http://169.254.169.254/latest/meta-data"))
    assert client.send(chat_id).end[1]["code"] == "webhook_blocked"


def test_a_redirect_is_never_followed(world: World, person: Arrive, simulator: str) -> None:
    account = world.account()
    client = person(account)
    base = simulator.rpartition("/webhook/")[0]
    requests.delete(f"{base}/requests", timeout=30)
    for status in (301, 302, 303, 307, 308):
        options = f"status={status}&location={base}/webhook/demo"
        chat_id = client.open_chat(world.agent(account.team_id, f"{simulator}?{options}"))
        assert client.send(chat_id).end[1]["code"] == "upstream_error"
    assert len(requests.get(f"{base}/requests", timeout=30).json()) == 5


def test_a_step_that_starts_over_is_taken_back(world: World, person: Arrive, simulator: str) -> None:
    account = world.account()
    client = person(account)
    chat_id = client.open_chat(world.agent(account.team_id, f"{simulator}?fail=retry&tokens=6&after=3&delay_ms=1"))
    stream = client.send(chat_id)
    assert "replace" in stream.types
    assert stream.end[0] == "done"
    assert stream.text == expected_text(6) == client.chat(chat_id)["messages"][-1]["content"]


@pytest.mark.parametrize("form", ["lines", "sse", "openai", "json", "text", "json_array", "respond_json"])
def test_every_form_gives_the_answer(world: World, person: Arrive, simulator: str, form: str) -> None:
    account = world.account()
    client = person(account)
    chat_id = client.open_chat(world.agent(account.team_id, f"{simulator}?tokens=8&delay_ms=1&format={form}"))
    stream = client.send(chat_id)
    assert stream.end[0] == "done"
    assert stream.text == expected_text(8)
