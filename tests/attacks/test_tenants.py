"""Who gets what, on every route of the application: everybody who may come, and the table that says what they get.

Everything that is asked for is really there, and the bodies are good, so that what answers is the policy.
"""

from __future__ import annotations

import json

import pytest
from flask import Flask
from sqlalchemy import text

from chatstream.extensions import db
from chatstream.http.policy import policy_of
from chatstream.services.keyset import encode_cursor
from tests.attacks.routes import OWN_ADMIN, ROUTES, SIGNED_IN, TEAM_ADMIN, Asking, lists_of, routes_of
from tests.support.cast import CALLERS, Cast, Things
from tests.support.purged import clear_away
from tests.support.tables import digests

CODES = {"401": {"unauthenticated", "invalid_token"}, "403": {"admin_required"}, "404": {"not_found"}}


def outcome(asking: Asking, caller: str, things: Things) -> tuple[str, str]:
    """``ok`` or the status, and what a refusal says, its request id aside."""
    with asking.ask(caller, things) as answer:
        if answer.ok:
            return "ok", ""
        said = {name: value for name, value in answer.json().items() if name != "request_id"}
        assert answer.headers["Content-Type"] == "application/problem+json"
    status = str(answer.status_code)
    assert said["code"] in CODES.get(status, ()), said
    return status, json.dumps(said)


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
    asking = Asking(cast, route)
    found = {}
    things = cast.things()
    for caller in CALLERS:
        running = Running(cast, things) if asking.row.live else None
        clear_away(app)  # or what the last one has deleted would go meanwhile
        before = digests(app)
        found[caller], said = outcome(asking, caller, things)
        if found[caller] == "ok":
            things = cast.things()  # for the next one: these may be gone
        else:
            assert digests(app) == before, f"{caller} was refused, and something changed"
        if found[caller] == "404":
            assert outcome(asking, caller, things.absent()) == ("404", said), "it shows that there is something"
        if running is not None:
            running.stop()
    assert found == asking.row.outcomes


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
    lists = lists_of(app)
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
    assert seen("peer", "admin", "demoted") == canaries - personal - {things.ids["message_id"], things.ids["answer_id"]}
    assert seen("owner") >= personal
