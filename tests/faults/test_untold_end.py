"""A worker that is killed after it has stored an answer, and before the shared log has its end."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import text

from chatstream.extensions import db
from tests.support.frames import Stream
from tests.support.person import Person
from tests.support.world import Account, World


@pytest.mark.xfail(
    strict=True,
    reason="resuming.find_place asks the shared log alone: an ended answer whose log has no end is followed again and "
    "again, 15 s of silence each time, until its events are swept after 5 minutes",
)
def test_a_client_that_comes_back_is_told_that_nothing_is_left(
    app: Flask, world: World, person: Callable[[Account], Person], simulator: str
) -> None:
    account = world.account()
    client = person(account)
    chat_id = client.open_chat(world.agent(account.team_id, f"{simulator}?tokens=40&delay_ms=20"))
    stream: Stream = client.send(chat_id)
    with app.app_context():
        wait = "SELECT count(*) FROM generation_events WHERE is_last"
        while not db.session.scalar(text(wait)):
            db.session.rollback()
        db.session.execute(text("DELETE FROM generation_events WHERE is_last OR seq > 20"))  # what the kill leaves
        db.session.commit()
    seen = {"Last-Event-ID": f"{stream.generation_id}:{len(stream.events) - 2}"}
    with client.get(f"/api/chats/{chat_id}/stream", headers=seen, stream=True) as response:
        assert response.status_code == 204, "a stream of nothing, again and again, for five minutes"
