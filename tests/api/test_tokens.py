"""Tokens: which are accepted, and in which cookies they travel."""

from __future__ import annotations

import base64
import json
import secrets
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from flask import Flask
from flask.testing import FlaskClient

from chatstream import create_app
from chatstream.config import Settings
from chatstream.http.tokens import LEEWAY_S
from chatstream.http.verified_tokens import Claims, VerifiedTokens
from chatstream.services.signing_keys import key_id
from tests.api.test_auth import cookies, login
from tests.api.test_operations import production
from tests.conftest import SignIn
from tests.support.world import World

ANOTHER = "another key, long enough for HS256 to take it"


def access_token(client: FlaskClient) -> str:
    cookie = client.get_cookie("access_token")
    assert cookie is not None
    return cookie.value


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def me_with(app: Flask, token: str) -> int:
    client = app.test_client()
    client.set_cookie("access_token", token)
    answer = client.get("/api/auth/me")
    assert answer.status_code == 200 or answer.mimetype == "application/problem+json"
    return answer.status_code


def unsigned(header: Mapping[str, Any], claims: Mapping[str, Any], signature: str = "") -> str:
    parts = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, claims))
    return ".".join([*parts, signature])


def test_a_token_names_its_key_issuer_and_audience(app: Flask, world: World, sign_in: SignIn) -> None:
    token = access_token(sign_in(world.account()))
    key = app.config["JWT_SECRET_KEY"]
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT", "kid": key_id(key)}
    claims = claims_of(token)
    assert (claims["iss"], claims["aud"], claims["type"]) == ("chatstream", "chatstream", "access")
    assert jwt.encode(claims, key, "HS256", headers={"kid": key_id(key)}) == token
    assert me_with(app, token) == 200


@pytest.mark.parametrize(
    "change",
    [
        {"key": ANOTHER},
        {"algorithm": "HS512"},
        {"exp": 1},
        {"aud": "elsewhere"},
        {"aud": None},
        {"iss": "elsewhere"},
        {"iss": None},
        {"type": "refresh"},
        {"sid": None},
        {"sid": "nonsense"},
        {"sid": str(uuid.uuid4())},
        {"sub": str(uuid.uuid4())},
        {"sub": "nonsense"},
        {"sub": None},
        {"nbf": 4102444800},
    ],
)
@pytest.mark.parametrize("named", [True, False])
def test_forged_tokens_are_refused(
    app: Flask, world: World, sign_in: SignIn, change: dict[str, Any], named: bool
) -> None:
    claims = claims_of(access_token(sign_in(world.account())))
    key, algorithm = change.get("key", app.config["JWT_SECRET_KEY"]), change.get("algorithm", "HS256")
    claims |= {name: value for name, value in change.items() if name not in ("key", "algorithm")}
    claims = {name: value for name, value in claims.items() if value is not None}
    headers = {"kid": key_id(app.config["JWT_SECRET_KEY"])} if named else {}
    if algorithm == "HS512":
        key = key * 2
    assert me_with(app, jwt.encode(claims, key, algorithm, headers=headers)) == 401


@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["b64"], "b64": False},
        {"crit": ["x"], "x": 1},
        {"kid": "unknown"},
        {"kid": "../../../../dev/null"},
        {"kid": "' UNION SELECT 'x"},
        {"kid": ""},
    ],
)
def test_a_good_signature_does_not_carry_a_strange_header(
    app: Flask, world: World, sign_in: SignIn, header: dict[str, Any]
) -> None:
    token = access_token(sign_in(world.account()))
    key = app.config["JWT_SECRET_KEY"]
    headers = {"kid": key_id(key), **header}
    assert me_with(app, jwt.encode(claims_of(token), key, "HS256", headers=headers)) == 401


@pytest.mark.parametrize("kid", [None, 7, ["a"], {"a": 1}])
@pytest.mark.parametrize("algorithm", ["none", "None", "", None, "RS256", "ES256", "HS256"])
def test_an_algorithm_that_a_token_proposes_counts_for_nothing(
    app: Flask, world: World, sign_in: SignIn, algorithm: Any, kid: Any
) -> None:
    token = access_token(sign_in(world.account()))
    header = {"alg": algorithm, "typ": "JWT", "kid": kid or jwt.get_unverified_header(token)["kid"]}
    for signature in ("", token.rpartition(".")[2], "AAAA"):
        assert me_with(app, unsigned(header, claims_of(token), signature)) == 401


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "." * 3, "é", "eyJhbGciOiJIUzI1NiJ9.e30.", "a" * 4000])
def test_nonsense_tokens_are_refused(app: Flask, token: str) -> None:
    assert me_with(app, token) == 401


def test_a_node_ahead_logs_nobody_out(app: Flask, world: World, sign_in: SignIn) -> None:
    claims = claims_of(access_token(sign_in(world.account())))
    ahead = int((datetime.now(UTC) + timedelta(seconds=30)).timestamp())
    token = jwt.encode({**claims, "iat": ahead, "nbf": ahead}, app.config["JWT_SECRET_KEY"], algorithm="HS256")
    assert me_with(app, token) == 200


def test_a_token_is_verified_once(app: Flask, world: World, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another one, though it differs in its signature alone, is not taken for it."""
    verified: list[str] = []

    def decode(token: str, *args: Any, **kwargs: Any) -> Any:
        verified.append(token)
        return jwt.api_jwt.PyJWT().decode(token, *args, **kwargs)

    token = access_token(sign_in(world.account()))
    monkeypatch.setattr("flask_jwt_extended.tokens.jwt.decode", decode)
    assert [me_with(app, token) for _ in range(3)] == [200] * 3
    assert set(verified) == {token}
    once = len(verified)
    assert me_with(app, token) == 200
    assert len(verified) == once
    assert [me_with(app, f"{token[:-8]}{'A' * 8}") for _ in range(2)] == [401] * 2


def test_a_verified_token_expires(app: Flask, world: World, sign_in: SignIn) -> None:
    claims = claims_of(access_token(sign_in(world.account())))
    until = int(time.time()) - LEEWAY_S + 2
    token = jwt.encode({**claims, "exp": until}, app.config["JWT_SECRET_KEY"], "HS256")
    assert [me_with(app, token) for _ in range(2)] == [200] * 2
    time.sleep(max(until + LEEWAY_S - time.time(), 0) + 0.05)
    assert [me_with(app, token) for _ in range(2)] == [401] * 2


def test_only_so_many_verified_tokens_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatstream.http.verified_tokens.MOST", 3)
    tokens = VerifiedTokens(leeway_s=0)
    claims = Claims(uuid.uuid4(), uuid.uuid4(), time.time() + 60)
    for name in "abcd":
        tokens.keep(name, claims)
    assert [tokens.find(name) for name in "abcde"] == [None, claims, claims, claims, None]


def test_a_bearer_header_is_no_way_in(app: Flask, world: World, sign_in: SignIn) -> None:
    token = access_token(sign_in(world.account()))
    answer = app.test_client().get("/api/auth/me", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401


def test_an_older_key_is_accepted_for_as_long_as_it_is_listed(
    app: Flask, variables: dict[str, str], world: World, sign_in: SignIn
) -> None:
    client = sign_in(world.account())
    old, new = variables["JWT_SECRET_KEY"], secrets.token_urlsafe(48)
    rotated = {**variables, "JWT_SECRET_KEY": new}
    both = create_app(
        Settings.from_environment({**rotated, "JWT_PREVIOUS_KEYS": f"{secrets.token_urlsafe(48)}, {old}"})
    )
    alone = create_app(Settings.from_environment(rotated))
    token = access_token(client)
    assert (me_with(app, token), me_with(both, token), me_with(alone, token)) == (200, 200, 401)

    refresh = client.get_cookie("refresh_token", path="/api/auth")
    assert refresh is not None
    mover = both.test_client()
    mover.set_cookie("refresh_token", refresh.value, path="/api/auth")
    assert mover.post("/api/auth/refresh").status_code == 200
    assert jwt.get_unverified_header(access_token(mover))["kid"] == key_id(new)
    assert me_with(alone, access_token(mover)) == 200


def test_production_cookies_are_secure(app: Flask, variables: dict[str, str], world: World) -> None:
    account = world.account()
    for prefix, names in (
        ("none", {"access_token": "/", "refresh_token": "/api/auth"}),
        ("host", {"__Host-access_token": "/", "__Secure-refresh_token": "/api/auth"}),
    ):
        settings = {"PASSWORD_PEPPER": variables["PASSWORD_PEPPER"], "COOKIE_PREFIX": prefix}
        client = production(variables, **settings).test_client()
        answer = login(client, account.email)
        assert answer.status_code == 200
        found = cookies(answer)
        assert {name: cookie["path"] for name, cookie in found.items()} == names
        for cookie in found.values():
            assert (cookie["secure"], cookie["httponly"], cookie["domain"]) == (True, True, "")
        assert client.get("/api/auth/me", base_url="https://localhost").status_code == 200
        assert client.post("/api/auth/refresh", base_url="https://localhost").status_code == 200
        out = client.post("/api/auth/logout", base_url="https://localhost")
        assert set(cookies(out)) == set(names)
        assert client.get("/api/auth/me", base_url="https://localhost").status_code == 401


def test_lifetimes_are_settings(app: Flask, variables: dict[str, str], world: World) -> None:
    short = {"ACCESS_TOKEN_MINUTES": "5", "REFRESH_TOKEN_DAYS": "2", "SESSION_MAX_DAYS": "1"}
    found = cookies(
        login(create_app(Settings.from_environment({**variables, **short})).test_client(), world.account().email)
    )
    for name, seconds in (("access_token", 300), ("refresh_token", 24 * 3600)):
        claims = claims_of(found[name].value)
        assert claims["exp"] - claims["iat"] == int(found[name]["max-age"]) == seconds


def test_double_submit_by_setting(app: Flask, variables: dict[str, str], world: World) -> None:
    strict = create_app(Settings.from_environment({**variables, "CSRF_DOUBLE_SUBMIT": "on"}))
    client = strict.test_client()
    account = world.account()

    def token(name: str) -> dict[str, str]:
        cookie = client.get_cookie(name)
        assert cookie is not None
        assert not cookie.http_only
        return {"X-CSRF-TOKEN": cookie.value}

    for _ in range(2):  # signing in asks for none, whatever cookies are there
        assert login(client, account.email).status_code == 200
    assert client.get("/api/auth/me").status_code == 200
    for path in ("/api/chats/", "/api/auth/refresh", "/api/auth/logout"):
        for headers in ({}, {"X-CSRF-TOKEN": "wrong"}):
            answer = client.post(path, json={}, headers=headers)
            assert (answer.status_code, answer.json and answer.json["code"]) == (403, "csrf_token"), path
    assert client.post("/api/chats/", json={}, headers=token("csrf_access_token")).status_code == 422
    assert client.post("/api/auth/refresh", headers=token("csrf_refresh_token")).status_code == 200
    assert client.post("/api/auth/refresh", headers=token("csrf_refresh_token")).status_code == 200
    assert client.post("/api/auth/logout", headers=token("csrf_access_token")).status_code == 200
    assert client.get("/api/auth/me").status_code == 401
