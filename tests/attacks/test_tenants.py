"""Who gets what, on every route of the application: a table, and everybody who may come to each of its rows.

Everything that is asked for is really there, and the bodies are good, so that what answers is the policy.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from flask import Flask
from PIL import Image
from sqlalchemy import text

from chatstream.extensions import db
from chatstream.http.policy import policy_of
from chatstream.services.keyset import encode_cursor
from tests.support.cast import CALLERS, Cast, Things
from tests.support.server import Server
from tests.support.world import PASSWORD, World


def expect(words: str) -> dict[str, str]:
    return dict(zip(CALLERS, words.split(), strict=True))


# caller:              owner peer admin foreigner f.admin nobody deactivated demoted signed-out
PUBLIC = expect("      ok    ok   ok    ok        ok      ok     ok          ok      ok")
SIGNED_IN = expect("   ok    ok   ok    ok        ok      401    401         ok      401")
"""What is the caller's own, or its team's, without an id."""
PERSONAL = expect("    ok    404  404   404       404     401    401         404     401")
TEAM = expect("        ok    ok   ok    404       404     401    401         ok      401")
TEAM_ADMIN = expect("  403   403  ok    403       404     401    401         403     401")
OWN_ADMIN = expect("   403   403  ok    403       ok      401    401         403     401")
"""What an admin does without an id: in its own team."""

CODES = {"401": {"unauthenticated", "invalid_token"}, "403": {"admin_required"}, "404": {"not_found"}}


@dataclass(frozen=True, slots=True)
class Row:
    """What a route needs to be let through: a body, a file, or an answer that is running meanwhile."""

    outcomes: dict[str, str]
    body: Any = None
    live: bool = False
    files: bool = False


ROUTES = {
    "GET /healthz": Row(PUBLIC),
    "GET /readyz": Row(PUBLIC),
    "GET /api/openapi.json": Row(PUBLIC),
    "GET /api/docs": Row(PUBLIC),
    "GET /docs-assets/start.js": Row(PUBLIC),
    "GET /docs-assets/<any('swagger-ui.css', 'swagger-ui-bundle.js'):name>": Row(PUBLIC),
    "POST /api/auth/register": Row(
        PUBLIC, {"email": "{new_address}", "password": "a fine password", "team_id": "{team_id}"}
    ),
    "POST /api/auth/login": Row(PUBLIC, {"email": "{owner}", "password": PASSWORD}),
    "POST /api/auth/password-reset": Row(PUBLIC, {"token": "{reset_token}", "new_password": "a fine password"}),
    "POST /api/auth/logout": Row(PUBLIC),
    "POST /api/auth/refresh": Row(SIGNED_IN),
    "GET /api/auth/me": Row(SIGNED_IN),
    "POST /api/auth/password": Row(SIGNED_IN, {"current_password": PASSWORD, "new_password": "another fine password"}),
    "GET /api/auth/sessions/": Row(SIGNED_IN),
    "DELETE /api/auth/sessions/<uuid:session_id>": Row(PERSONAL),
    "GET /api/team/": Row(OWN_ADMIN),
    "PATCH /api/team/": Row(OWN_ADMIN, {"name": "Renamed"}),
    "GET /api/users/": Row(OWN_ADMIN),
    "PATCH /api/users/<uuid:user_id>": Row(TEAM_ADMIN, {"role": "admin"}),
    "POST /api/users/<uuid:user_id>/password-reset": Row(TEAM_ADMIN),
    "GET /api/invites/": Row(OWN_ADMIN),
    "POST /api/invites/": Row(OWN_ADMIN, {"email": "{new_address}", "role": "admin"}),
    "DELETE /api/invites/<uuid:invite_id>": Row(TEAM_ADMIN),
    "GET /api/audit/": Row(OWN_ADMIN),
    "GET /api/agents/": Row(SIGNED_IN),
    "POST /api/agents/": Row(OWN_ADMIN, {"name": "Agent", "webhook_url": "{webhook}"}),
    "GET /api/agents/<uuid:agent_id>": Row(TEAM),
    "PUT /api/agents/<uuid:agent_id>": Row(TEAM_ADMIN, {"name": "Renamed"}),
    "DELETE /api/agents/<uuid:agent_id>": Row(TEAM_ADMIN),
    "POST /api/agents/<uuid:agent_id>/test": Row(TEAM_ADMIN),
    "GET /api/agents/<uuid:agent_id>/avatar": Row(TEAM),
    "POST /api/agents/<uuid:agent_id>/avatar": Row(TEAM_ADMIN, files=True),
    "DELETE /api/agents/<uuid:agent_id>/avatar": Row(TEAM_ADMIN),
    "GET /api/chats/": Row(SIGNED_IN),
    "POST /api/chats/": Row(TEAM, {"agent_id": "{agent_id}"}),
    "GET /api/chats/<uuid:chat_id>": Row(PERSONAL),
    "PUT /api/chats/<uuid:chat_id>": Row(PERSONAL, {"title": "Renamed"}),
    "DELETE /api/chats/<uuid:chat_id>": Row(PERSONAL, live=True),
    "POST /api/chats/<uuid:chat_id>/messages": Row(PERSONAL, {"content": "Hello"}),
    "GET /api/chats/<uuid:chat_id>/stream": Row(PERSONAL, live=True),
    "POST /api/chats/<uuid:chat_id>/stop": Row(PERSONAL, live=True),
}

NO_ACT = ("heartbeat_at", "last_used_at")
"""Columns that go on by themselves."""


def routes_of(app: Flask) -> set[str]:
    return {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "navy").save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def cast(app: Flask, world: World, server: Server, simulator: str) -> Iterator[Cast]:
    with Cast(app, world, server, f"{simulator}?tokens=2&delay_ms=0") as cast:
        yield cast


class Asking:
    """Sends one route's request as anybody."""

    def __init__(self, cast: Cast, route: str, row: Row) -> None:
        self._cast = cast
        self._method, rule = route.split(" ", 1)
        self._path = re.sub(r"<any\('([^']+)'.*>", r"\1", re.sub(r"<uuid:(\w+)>", r"{\1}", rule))
        self._row = row

    def ask(self, caller: str, things: Things) -> requests.Response:
        person = self._cast.callers[caller]
        files = {"file": ("face.png", picture())} if self._row.files else None
        return person.http.request(
            self._method,
            person.url + things.fill(self._path),
            json=things.fill(self._row.body),
            files=files,
            stream=True,
            timeout=30,
        )

    def outcome(self, caller: str, things: Things) -> tuple[str, str]:
        """``ok`` or the status, and what a refusal says, its request id aside."""
        with self.ask(caller, things) as answer:
            if answer.ok:
                return "ok", ""
            said = {name: value for name, value in answer.json().items() if name != "request_id"}
            assert answer.headers["Content-Type"] == "application/problem+json"
        status = str(answer.status_code)
        assert said["code"] in CODES.get(status, ()), said
        return status, json.dumps(said)


def stored(app: Flask) -> dict[str, str]:
    """A digest of each table. What is still being told of a running answer is left out."""
    rows = " - ".join(["to_jsonb(t)", *(f"'{column}'" for column in NO_ACT)])
    digests = (
        f"SELECT '{table}', md5(string_agg(({rows})::text, '' ORDER BY t)) FROM {table} t"
        for table in db.metadata.tables
        if table != "generation_events"
    )
    with app.app_context():
        return dict(db.session.execute(text(" UNION ALL ".join(digests))).tuples().all())


def test_every_route_has_a_row(app: Flask) -> None:
    assert routes_of(app) == set(ROUTES)
    for rule in app.url_map.iter_rules():
        policy = policy_of(app.view_functions[rule.endpoint])
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            outcomes = ROUTES[f"{method} {rule.rule}"].outcomes
            assert (policy == "admin") == (outcomes in (TEAM_ADMIN, OWN_ADMIN)), rule
            assert not (rule.arguments and outcomes in (SIGNED_IN, OWN_ADMIN)), f"{rule}: whose is it?"


@pytest.mark.parametrize("route", ROUTES)
def test_everybody_gets_what_is_theirs_and_no_more(app: Flask, cast: Cast, route: str) -> None:
    row = ROUTES[route]
    asking = Asking(cast, route, row)
    found = {}
    things = cast.things()
    for caller in CALLERS:
        running = Running(cast, things) if row.live else None
        before = stored(app)
        found[caller], said = asking.outcome(caller, things)
        if found[caller] == "ok":
            things = cast.things()  # for the next one: these may be gone
        else:
            assert stored(app) == before, f"{caller} was refused, and something changed"
        if found[caller] == "404":
            assert asking.outcome(caller, things.absent()) == ("404", said), "it shows that there is something"
        if running is not None:
            running.stop()
    assert found == row.outcomes


class Running:
    """An answer that runs until it is stopped; its first event was read."""

    def __init__(self, cast: Cast, things: Things) -> None:
        self._owner = cast.callers["owner"]
        self._chat_id = things.ids["chat_id"]
        admin = cast.callers["admin"]
        slow = things.fill("{webhook}").replace("tokens=2&delay_ms=0", "tokens=5000&delay_ms=20")
        agent = f"{admin.url}{things.fill('/api/agents/{agent_id}')}"
        assert admin.http.put(agent, json={"webhook_url": slow}, timeout=10).status_code == 200
        self._answer = self._owner.begin(self._chat_id)
        assert next(self._answer.iter_content(None)).startswith(b"id: ")

    def stop(self) -> None:
        self._owner.post(f"/api/chats/{self._chat_id}/stop")
        self._answer.close()


def test_no_list_shows_what_is_somebody_elses(app: Flask, cast: Cast) -> None:
    things = cast.things()
    lists = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ())
        and not rule.arguments
        and policy_of(app.view_functions[rule.endpoint]) != "public"
    ]
    personal = {things.ids["chat_id"], things.ids["session_id"]}
    canaries = {value for name, value in things.ids.items() if name.endswith("_id")} | {things.ids["owner"]}
    with app.app_context():
        latest = db.session.scalar(text("SELECT max(created_at) FROM audit_events"))
    queries = [
        "",
        "?include_inactive=true",
        f"?agent_id={things.ids['agent_id']}",
        f"?actor_id={cast.admin.id}",
        f"?target_id={things.ids['user_id']}",
        f"?q={things.ids['owner']}",
        f"?cursor={encode_cursor(latest, cast.admin.id)}",
    ]

    def seen(*callers: str) -> set[str]:
        told = "".join(
            cast.callers[caller].get(path + query).text for caller in callers for path in lists for query in queries
        )
        return {canary for canary in canaries if canary in told}

    assert len(lists) >= 7
    assert seen("foreigner", "foreign admin") == set()
    assert seen("peer", "admin", "demoted") == canaries - personal
    assert seen("owner") >= personal
