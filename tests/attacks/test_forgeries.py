"""What a client says of itself and can not prove: addresses, tokens, accounts."""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
from flask import Flask
from sqlalchemy import text

from chatstream.extensions import db
from tests.support.person import Person
from tests.support.server import Server
from tests.support.world import PASSWORD, World

ADDRESSES = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Client-IP", "X-Client-IP", "True-Client-IP", "Via")


@pytest.fixture
def strict(app: Flask, variables: dict[str, str], tmp_path: Path) -> Iterator[Server]:
    """A server that takes five sign-ins a minute, and no proxy's word."""
    with Server({**variables, "LOGIN_RATE_LIMIT": "5 per minute", "GRACEFUL_TIMEOUT": "5"}, tmp_path / "log") as server:
        yield server


def test_a_forged_address_counts_for_nothing(strict: Server, world: World) -> None:
    account = world.account(role="admin")
    forged = dict.fromkeys(ADDRESSES, "203.0.113.7") | {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil"}
    with Person(strict.url, account) as person:
        body = {"email": account.email, "password": PASSWORD}
        assert person.post("/api/auth/login", body, headers=forged).status_code == 200
        shown = person.get("/api/auth/sessions/", headers=forged)
        assert [session["ip"] for session in shown.json()["items"]] == ["127.0.0.1"] * 2
        assert "Strict-Transport-Security" not in shown.headers
        statuses = []
        for number in range(6):
            another = dict.fromkeys(ADDRESSES, f"203.0.113.{number}")
            wrong = {**body, "email": f"{uuid.uuid4().hex}@example.org"}
            statuses.append(person.post("/api/auth/login", wrong, headers=another).status_code)
        assert statuses == [401] * 3 + [429] * 3
        person.http.patch(f"{person.url}/api/team/", json={"name": "Renamed"}, headers=forged, timeout=10)
        assert {event["ip"] for event in person.get("/api/audit/").json()["items"]} == {"127.0.0.1"}


def unsigned(header: dict[str, Any], claims: dict[str, Any], signature: bytes = b"") -> str:
    parts = (json.dumps(header).encode(), json.dumps(claims).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def forgeries(key: str, access: str, refresh: str) -> dict[str, str]:
    """Tokens that are wrong in one thing each; ``key`` signs what the server signs."""
    header, good = jwt.get_unverified_header(access), jwt.decode(access, options={"verify_signature": False})
    changed: dict[str, dict[str, Any]] = {
        "expired": {"exp": int(time.time()) - 120},
        "not yet": {"nbf": int(time.time()) + 600},
        "of another issuer": {"iss": "elsewhere"},
        "for another service": {"aud": "elsewhere"},
        "of another session": {"sid": str(uuid.uuid4())},
        "of another user": {"sub": str(uuid.uuid4())},
        "of no type": {"type": None},
        "a session that is none": {"sid": ["x"]},
    }
    signed = {name: jwt.encode({**good, **claims}, key, "HS256", headers=header) for name, claims in changed.items()}
    signature = access.rpartition(".")[2].encode()
    names = [None, "", 7, "../../dev/null", "' OR 1=1 --", "\0", header["kid"][::-1]]
    return {
        **signed,
        "refresh as access": refresh,
        "another key": jwt.encode(good, "x" * 40, "HS256", headers=header),
        "another hash": jwt.encode(good, key, "HS512", headers={"kid": header["kid"]}),
        "an empty key": jwt.encode(good, "k" * 32, "HS256", headers={"kid": ""}),
        **{f"alg {name}": unsigned({**header, "alg": name}, good) for name in ("none", "None", "NONE", "RS256", "")},
        **{f"kid {name!r}": unsigned({**header, "kid": name}, good, signature) for name in names},
        "crit": unsigned({**header, "crit": ["exp"]}, good, signature),
        "its own key": unsigned({**header, "jwk": {"kty": "oct", "k": "eA"}, "jku": "http://127.0.0.1:9/"}, good),
        "cut": access[:-1],
        "nonsense": "a.b.c",
    }


@pytest.mark.filterwarnings("ignore:The HMAC key is:jwt.warnings.InsecureKeyLengthWarning")  # one is for HS512
def test_forged_tokens_are_refused(variables: dict[str, str], server: Server, world: World) -> None:
    with Person(server.url, world.account(role="admin")) as person:
        cookies = person.http.cookies.get_dict()
    forged = forgeries(variables["JWT_SECRET_KEY"], cookies["access_token"], cookies["refresh_token"])
    for why, token in forged.items():
        for path in ("/api/auth/me", "/api/users/", f"/api/chats/{uuid.uuid4()}/stream"):
            answer = requests.get(server.url + path, headers={"Cookie": f"access_token={token}"}, timeout=10)
            assert answer.status_code == 401, (why, answer.text)
        answer = requests.post(
            f"{server.url}/api/auth/refresh", headers={"Cookie": f"refresh_token={token}"}, timeout=10
        )
        assert answer.status_code == (200 if why == "refresh as access" else 401), (why, answer.text)
    assert requests.get(f"{server.url}/api/auth/me", cookies=cookies, timeout=10).status_code == 200


def test_a_stolen_refresh_token_ends_its_session(app: Flask, server: Server, world: World) -> None:
    with Person(server.url, world.account()) as person:
        stolen = person.http.cookies.get_dict()

        def refresh(cookies: dict[str, str]) -> requests.Response:
            return requests.post(f"{server.url}/api/auth/refresh", cookies=cookies, timeout=10)

        with ThreadPoolExecutor(8) as tabs:
            answers = list(tabs.map(refresh, [stolen] * 8))
        assert {answer.status_code for answer in answers} == {200}
        (successor,) = {answer.cookies["refresh_token"] for answer in answers}
        with app.app_context():
            db.session.execute(text("UPDATE auth_sessions SET rotated_at = rotated_at - interval '11 seconds'"))
            db.session.commit()
        assert refresh(stolen).json()["code"] == "token_reused"
        assert refresh({"refresh_token": successor}).json()["code"] == "invalid_token"
        for answer in answers:
            cookies = answer.cookies.get_dict()
            assert requests.get(f"{server.url}/api/auth/me", cookies=cookies, timeout=10).status_code == 401


def test_a_failed_sign_in_says_nothing_of_why(app: Flask, server: Server, world: World) -> None:
    known, inactive = world.account(), world.account(is_active=False)
    closed = world.account(world.team(is_active=False))
    attempts = (
        ("nobody@example.org", PASSWORD),
        (known.email, "wrong password"),
        (known.email, "x" * 73),
        (inactive.email, PASSWORD),
        (closed.email, PASSWORD),
    )
    told = set()
    for email, password in attempts:
        answer = requests.post(
            f"{server.url}/api/auth/login",
            json={"email": email, "password": password},
            headers={"X-Request-ID": "same"},
            timeout=10,
        )
        headers = {name: value for name, value in answer.headers.items() if name != "Date"}
        told.add((answer.status_code, answer.content, json.dumps(headers)))
    assert len(told) == 1
    assert told.pop()[0] == 401
