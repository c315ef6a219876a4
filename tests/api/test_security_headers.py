"""Security headers on every answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client
from werkzeug.wrappers import Response

from chatstream.http import admission
from chatstream.http.security_headers import HEADERS, HSTS, SecurityHeaders
from tests.api.test_operations import production
from tests.conftest import SignIn
from tests.support.person import Person
from tests.support.world import Account, World


def test_the_words() -> None:
    assert HEADERS["X-Frame-Options"] == "DENY"
    assert HEADERS["X-Content-Type-Options"] == "nosniff"
    assert HEADERS["X-XSS-Protection"] == "1; mode=block"
    assert HEADERS["Content-Security-Policy"].startswith("default-src 'none';")
    assert "frame-ancestors 'none'" in HEADERS["Content-Security-Policy"]


def missing(answer: Response) -> set[str]:
    return {name for name, value in HEADERS.items() if answer.headers.getlist(name) != [value]}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/auth/me", 200),
        ("HEAD", "/api/auth/me", 200),
        ("OPTIONS", "/api/auth/me", 200),
        ("GET", "/api/openapi.json", 200),
        ("GET", "/docs-assets/swagger-ui.css", 200),
        ("GET", "/healthz", 200),
        ("GET", "/nothing", 404),
        ("GET", "/api/nothing", 404),
        ("PATCH", "/api/auth/me", 405),
        ("POST", "/api/auth/login", 415),
    ],
)
def test_every_answer_has_them(world: World, sign_in: SignIn, method: str, path: str, status: int) -> None:
    with sign_in(world.account()).open(path, method=method) as answer:
        assert answer.status_code == status
        assert missing(answer) == set()
        assert "Strict-Transport-Security" not in answer.headers


def test_failures_have_them(world: World, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    client = sign_in(world.account())
    monkeypatch.setattr("chatstream.services.chats.page", fail)
    answer = client.get("/api/chats/")
    assert (answer.status_code, missing(answer)) == (500, set())


def test_a_full_worker_has_them() -> None:
    def hello(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        raise AssertionError("not to be reached")

    answer = Client(SecurityHeaders(admission.Admission(hello, limit=0))).get("/")
    assert (answer.status_code, missing(answer)) == (503, set())


def test_a_real_server_sends_them_once(world: World, person: Callable[[Account], Person], simulator: str) -> None:
    account = world.account()
    who = person(account)
    chat_id = who.open_chat(world.agent(account.team_id, f"{simulator}?tokens=2&delay_ms=1"))
    with who.begin(chat_id) as stream:
        assert stream.status_code == 200
        for name, value in HEADERS.items():
            assert stream.headers[name] == value


def test_the_documentation_page_has_a_policy_of_its_own(app: Flask) -> None:
    answer = app.test_client().get("/api/docs")
    assert missing(answer) == {"Content-Security-Policy"}
    (policy,) = answer.headers.getlist("Content-Security-Policy")
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert not re.search("script-src[^;]*unsafe|\\*", policy)


def test_hsts_is_for_tls(app: Flask, variables: dict[str, str]) -> None:
    name, value = HSTS
    assert app.test_client().get("/healthz", base_url="https://localhost").headers[name] == value
    said = {"X-Forwarded-Proto": "https"}
    assert name not in app.test_client().get("/healthz", headers=said).headers
    behind = production(variables, TRUSTED_PROXIES="1").test_client()
    assert behind.get("/healthz", headers=said).headers[name] == value
    assert behind.get("/api/nothing", headers=said).headers[name] == value
    assert name not in behind.get("/healthz").headers
