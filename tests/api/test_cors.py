"""Pages of other origins: which may read, and which may change anything."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from chatstream import create_app
from chatstream.config import Settings
from tests.api.test_errors import is_problem
from tests.conftest import SignIn
from tests.support.world import World

APP, LOCAL = "https://app.example.org", "http://[::1]:3000"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
STRANGERS = [
    "null",
    "",
    "*",
    "https://app.example.org.evil.example",
    "https://evil-app.example.org",
    "https://evil.example/https://app.example.org",
    "https://app.example.org\n",
    "https://app.example.org/",
    "https://app.example.org:443",
    "https://app.example.org:444",
    "https://APP.example.org",
    "HTTPS://app.example.org",
    "http://app.example.org",
    "https://appXexample.org",
    "https://example.org",
    "https://sub.app.example.org",
    "http://1:3000",
    "http://[::2]:3000",
]


@pytest.fixture
def client(world: World, sign_in: SignIn) -> FlaskClient:
    return sign_in(world.account(role="admin"))


@pytest.fixture
def open_to_two(variables: dict[str, str]) -> FlaskClient:
    return create_app(Settings.from_environment({**variables, "CORS_ORIGINS": f"{APP}, {LOCAL}"})).test_client()


@pytest.mark.parametrize("origin", [APP, LOCAL])
def test_a_listed_origin_may_do_what_the_page_itself_may(open_to_two: FlaskClient, origin: str) -> None:
    answer = open_to_two.options("/api/auth/login", headers={"Origin": origin, **PREFLIGHT})
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert "Origin" in answer.headers["Vary"]
    posted = open_to_two.post("/api/auth/logout", headers={"Origin": origin, "Sec-Fetch-Site": "cross-site"})
    assert posted.status_code == 200
    assert posted.headers["Access-Control-Allow-Origin"] == origin
    failed = open_to_two.get("/api/nothing", headers={"Origin": origin})
    assert failed.headers["Access-Control-Allow-Origin"] == origin  # or the page could not read what went wrong
    assert "Access-Control-Allow-Origin" not in open_to_two.get("/healthz", headers={"Origin": origin}).headers


@pytest.mark.parametrize("origin", STRANGERS)
def test_an_origin_that_is_not_exactly_listed_may_nothing(open_to_two: FlaskClient, origin: str) -> None:
    for environ in ({"HTTP_ORIGIN": origin}, {"HTTP_ORIGIN": origin, "HTTP_SEC_FETCH_SITE": "cross-site"}):
        preflight = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in PREFLIGHT.items()}
        asked = open_to_two.options("/api/auth/login", environ_overrides={**environ, **preflight})
        read = open_to_two.get("/api/auth/me", environ_overrides=environ)
        for answer in (asked, read):
            assert not [name for name, _ in answer.headers if name.startswith("Access-Control-Allow")]
        is_problem(open_to_two.post("/api/auth/logout", environ_overrides=environ), 403, "cross_origin")


def test_without_a_list_nobody_is_allowed(client: FlaskClient) -> None:
    answer = client.options("/api/auth/login", headers={"Origin": APP, **PREFLIGHT})
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control-Allow")]


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Origin": "http://localhost"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://evil.example"}, False),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://localhost"}, True),  # TLS ends at a proxy
        ({"Origin": "https://localhost"}, False),
        ({"Origin": "http://localhost:81"}, False),
        ({"Origin": "http://localhost.evil.example"}, False),
    ],
)
def test_pages_of_other_origins_change_nothing(client: FlaskClient, headers: dict[str, str], allowed: bool) -> None:
    answer = client.post("/api/auth/logout", headers=headers)
    if allowed:
        assert answer.status_code == 200
    else:
        is_problem(answer, 403, "cross_origin")
        assert client.get("/api/auth/me").status_code == 200


def test_reading_is_left_to_cors(client: FlaskClient) -> None:
    answer = client.get("/api/auth/me", headers={"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 200
    assert "Access-Control-Allow-Origin" not in answer.headers
