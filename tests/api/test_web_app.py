"""The single-page app at ``/``: its page on every path of its own, its assets for ever, and nothing under /api."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from chatstream.http.security_headers import HEADERS
from chatstream.http.web_app import PAGE_POLICY
from tests.api.test_operations import production
from tests.support.person import Person
from tests.support.web_app import PAGE, SCRIPT
from tests.support.world import Account, World

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"}
SCRIPT_TAG = {"Accept": "*/*"}
NAME = "/assets/app-a1b2.js"


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.mark.parametrize("path", ["/", "/?a=b", "/chats/6d1f", "/admin/agents", "/sign-in", "/apis", "/chats/ü/%2e"])
def test_the_page_is_at_every_path_of_its_own(client: FlaskClient, path: str) -> None:
    with client.get(path, headers=BROWSER) as answer:
        assert (answer.status_code, answer.data.decode()) == (200, PAGE)
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert answer.headers["Cache-Control"] == "no-cache"
        assert answer.headers.getlist("Content-Security-Policy") == [PAGE_POLICY]
        others = {name: value for name, value in HEADERS.items() if name != "Content-Security-Policy"}
        assert others.items() <= dict(answer.headers).items()


def test_the_page_is_asked_for_anew_and_sent_once(client: FlaskClient) -> None:
    first = client.get("/", headers=BROWSER)
    again = client.get("/chats/6d1f", headers={**BROWSER, "If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Cache-Control"] == "no-cache"


def test_a_new_build_is_a_new_page(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "WEB_APP_FOLDER", tmp_path)
    tags = set()
    for text in ("one", "two"):
        (tmp_path / "index.html").write_text(text)
        tags.add(app.test_client().get("/").headers["ETag"])
    assert len(tags) == 2


def test_its_policy_lets_nothing_in_from_elsewhere() -> None:
    assert PAGE_POLICY.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "frame-ancestors 'none'" in PAGE_POLICY
    assert not {"unsafe-inline", "unsafe-eval", "*", "http:", "https:"} & set(PAGE_POLICY.replace("'", "").split())


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/api",
            "/api/",
            "/api/nothing",
            "/api/chats/no-uuid",
            "/api/chats/no-uuid/stream",
            "/api/chats/no-uuid/messages",
        ),
        *("/assets", "/assets/", "/assets/old.js", "/assets/../index.html", "/assets/%2e%2e/index.html"),
        *("/docs-assets/nothing.js", "/docs-assets"),
    ],
)
def test_what_is_the_servers_own_stays_a_problem(client: FlaskClient, path: str) -> None:
    with client.get(path, headers=BROWSER) as answer:
        assert answer.status_code == 404
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json is not None
        assert answer.json["code"] == "not_found"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_writing_to_what_is_not_there_is_not_found(client: FlaskClient, method: str) -> None:
    assert client.open("/api/chats/no-uuid/stop", method=method).status_code == 404


@pytest.mark.parametrize("headers", [SCRIPT_TAG, {}, {"Accept": "application/json"}, {"Accept": "text/html;q=0"}])
def test_programs_are_told_that_there_is_nothing(client: FlaskClient, headers: dict[str, str]) -> None:
    answer = client.get("/chats/6d1f", headers=headers)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
    assert client.get("/", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("*", "br"),
        ("identity", None),
        ("", None),
    ],
)
def test_an_asset_comes_as_small_as_the_client_takes_it(
    client: FlaskClient, accepted: str, encoding: str | None
) -> None:
    with client.get(NAME, headers={**SCRIPT_TAG, "Accept-Encoding": accepted}) as answer:
        assert answer.status_code == 200
        assert answer.headers.get("Content-Encoding") == encoding
        assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["Vary"] == "Accept-Encoding"
        plain = {"br": lambda _: SCRIPT.encode(), "gzip": gzip.decompress, None: bytes}[encoding](answer.data)
        assert plain.decode() == SCRIPT


def test_an_asset_that_is_not_compressed_comes_as_it_is(client: FlaskClient) -> None:
    with client.get("/assets/app-c3d4.css", headers={"Accept-Encoding": "br, gzip"}) as answer:
        assert "Content-Encoding" not in answer.headers
        assert answer.headers["Content-Type"] == "text/css; charset=utf-8"


def test_each_form_of_an_asset_has_a_tag_of_its_own(client: FlaskClient) -> None:
    tags = []
    for accepted in ("br", "gzip", "identity"):
        with client.get(NAME, headers={"Accept-Encoding": accepted}) as answer:
            tags.append(answer.headers["ETag"])
        with client.get(NAME, headers={"Accept-Encoding": accepted, "If-None-Match": tags[-1]}) as again:
            assert again.status_code == 304
    assert len(set(tags)) == 3


def test_without_a_build_it_says_what_to_do(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "WEB_APP_FOLDER", tmp_path / "not there")
    for path in ("/", "/chats/6d1f"):
        answer = app.test_client().get(path, headers=BROWSER)
        assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/plain; charset=utf-8")
        assert "make web" in answer.text
    assert app.test_client().get("/assets/app.js").status_code == 404


def test_it_can_be_switched_off(variables: dict[str, str]) -> None:
    client = production(variables, WEB_APP="off").test_client()
    for path in ("/", "/chats/6d1f", "/assets/app.js"):
        answer = client.get(path, headers=BROWSER)
        assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
    assert client.get("/api/docs").status_code == 200


def test_a_real_server_serves_it(world: World, person: Callable[[Account], Person]) -> None:
    who = person(world.account())
    page = who.http.get(f"{who.url}/chats/6d1f", headers=BROWSER, timeout=10)
    script = who.http.get(who.url + NAME, headers={"Accept-Encoding": "gzip"}, timeout=10)
    assert (page.text, script.text) == (PAGE, SCRIPT)
    assert script.headers["Content-Encoding"] == "gzip"
    assert int(script.headers["Content-Length"]) < len(SCRIPT)
