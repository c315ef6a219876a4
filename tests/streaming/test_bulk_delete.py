"""Deleting many chats while answers are written in them."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from sqlalchemy import text

from chatstream.extensions import db
from tests.support.frames import read
from tests.support.person import Person
from tests.support.purged import clear_away
from tests.support.world import Account, World


def test_running_answers_are_stopped_first(
    app: Flask, world: World, person: Callable[[Account], Person], simulator: str
) -> None:
    account = world.account()
    known = person(account)
    agent = world.agent(account.team_id, f"{simulator}?tokens=2000&delay_ms=20")
    chats = [known.open_chat(agent) for _ in range(3)]
    streams = [known.begin(chat_id) for chat_id in chats[:2]]
    answer = known.post("/api/chats/bulk", {"ids": chats, "action": "delete"})
    assert answer.json() == {"done": chats, "not_found": []}
    for response in streams:
        kind, data = read(response).end
        assert (kind, data["status"]) == ("done", "stopped")
    clear_away(app)
    with app.app_context():
        for table in ("chats", "generations", "search_entries"):
            assert db.session.scalar(text(f"SELECT count(*) FROM {table}")) == 0
