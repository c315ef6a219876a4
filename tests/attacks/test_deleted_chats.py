"""A deleted chat is gone from every route at once, though it is still in the database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from chatstream.extensions import db
from chatstream.services.purging import LOCK
from tests.attacks.routes import ROUTES, Asking, lists_of
from tests.support.cast import Cast, Things
from tests.support.tables import digests

OF_CHATS = [route for route in ROUTES if "<uuid:chat_id>" in route]


@pytest.fixture
def _unpurged(app: Flask) -> Iterator[None]:
    """No server takes away what a test has deleted."""
    with app.app_context(), db.engine.connect() as connection:
        connection.scalar(select(func.pg_advisory_xact_lock(LOCK)))
        yield


def told(app: Flask, cast: Cast, things: Things) -> str:
    """Everything that lists say to the owner and to the admin."""
    lists = lists_of(app)
    lists.append(things.fill("/api/agents/{agent_id}/feedback"))
    assert {"/api/chats/", "/api/search/"} < set(lists)
    queries = ("", "?q=Canary", f"?agent_id={things.ids['agent_id']}", "?q=nothing+-here")
    return "".join(
        cast.callers[caller].get(path + query).text
        for caller in ("owner", "admin")
        for path in lists
        for query in queries
    )


@pytest.mark.usefixtures("_unpurged")
def test_no_route_shows_or_changes_it(app: Flask, cast: Cast) -> None:
    things = cast.things()
    owner = cast.callers["owner"]
    rating = Asking(cast, "PUT /api/chats/<uuid:chat_id>/messages/<uuid:message_id>/feedback")
    assert rating.ask("owner", things).status_code == 200
    canaries = {things.ids[name] for name in ("chat_id", "message_id", "answer_id")}
    before = told(app, cast, things)
    assert {canary for canary in canaries if canary in before} == canaries

    assert Asking(cast, "DELETE /api/chats/<uuid:chat_id>").ask("owner", things).status_code == 204
    after = told(app, cast, things)
    assert {canary for canary in canaries if canary in after} == set()
    left = digests(app)
    for route in OF_CHATS:
        assert Asking(cast, route).ask("owner", things).status_code == 404, route
    bulk = {"ids": [things.ids["chat_id"]]}
    for action in ("archive", "unarchive", "delete"):
        answer = owner.post("/api/chats/bulk", {**bulk, "action": action})
        assert answer.json() == {"done": [], "not_found": bulk["ids"]}
    assert digests(app) == left
    with app.app_context():
        assert db.session.scalar(text("SELECT count(*) FROM chats WHERE deleted_at IS NOT NULL")) == 1
    assert len(OF_CHATS) > 10
