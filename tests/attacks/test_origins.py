"""Requests that pages of other origins make a signed-in browser send, to every route."""

from __future__ import annotations

from flask import Flask

from tests.attacks.routes import ROUTES, Asking
from tests.support.cast import Cast
from tests.support.server import Server
from tests.support.tables import digests

SAFE = "GET "
EVIL = "https://evil.example"


def strangers(server: Server) -> list[dict[str, str]]:
    """What a browser says of a page that may not write: another site, a sibling host, another port, a sandbox."""
    return [
        {"Sec-Fetch-Site": "cross-site", "Origin": EVIL},
        {"Sec-Fetch-Site": "same-site", "Origin": "https://other.example.org"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": EVIL},
        {"Origin": "null"},
        {"Origin": f"http://127.0.0.1:{server.port + 1}"},
        {"Origin": f"https://127.0.0.1:{server.port}"},
        {"Origin": f"{server.url}.evil.example"},
        {"Origin": EVIL, "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"},
        {"Origin": EVIL, "Content-Type": "text/plain"},
    ]


def test_no_page_of_another_origin_changes_anything(app: Flask, cast: Cast, server: Server) -> None:
    things = cast.things()
    before = digests(app)
    for route in (route for route in ROUTES if not route.startswith(SAFE)):
        for headers in strangers(server):
            for caller in ("owner", "admin", "nobody"):
                answer = Asking(cast, route).ask(caller, things, headers=headers)
                assert (answer.status_code, answer.json()["code"]) == (403, "cross_origin"), (route, headers, caller)
    assert digests(app) == before


def test_no_page_of_another_origin_reads_anything(cast: Cast, server: Server) -> None:
    things = cast.things()
    for route in ROUTES:
        asking = Asking(cast, route)
        for origin in (EVIL, "null", "*", server.url + ".evil.example", server.url.upper()):
            headers = {"Origin": origin}
            answer = asking.ask("admin", things, headers=headers) if route.startswith(SAFE) else None
            preflight = cast.callers["admin"].http.options(
                server.url + asking.path(things), headers={**headers, "Access-Control-Request-Method": asking.method}
            )
            for told in filter(None, (answer, preflight)):
                allowed = {name for name in told.headers if name.lower().startswith("access-control-allow")}
                assert not allowed, (route, origin)
            if answer is not None:
                answer.close()


def test_the_page_itself_may(cast: Cast, server: Server) -> None:
    for headers in ({"Sec-Fetch-Site": "same-origin", "Origin": server.url}, {"Origin": server.url}, {}):
        answer = Asking(cast, "PUT /api/chats/<uuid:chat_id>").ask("owner", cast.things(), headers=headers)
        assert answer.status_code == 200, headers
