"""How often a send and its end ask the database: each time is a turn of a busy loop, with rows locked."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from flask import Flask

from chatstream.errors import InvalidFields, TokenUnreadable
from chatstream.extensions import db
from chatstream.http.services import services
from chatstream.models import AuthSession, Chat
from chatstream.services import transcripts
from chatstream.services.clock import now
from chatstream.services.generations import outcomes
from chatstream.services.generations.asking import NewMessage
from chatstream.services.generations.assignment import Assignment, Origin
from chatstream.services.generations.idempotency import Key, Repeat, key_for
from chatstream.services.generations.outcomes import Answer
from chatstream.services.principals import Principal
from tests.support.queries import counted
from tests.support.world import World

ORIGIN = Origin(request_id="request", method="POST", path="/api/chats")


@pytest.fixture
def principal(app: Flask, world: World) -> Principal:
    account = world.account()
    session = AuthSession(user_id=account.id, current_jti=uuid.uuid4(), expires_at=now() + timedelta(days=1))
    with app.app_context():
        db.session.add(session)
        db.session.commit()
        return Principal(user_id=account.id, team_id=account.team_id, session_id=session.id, role=account.role)


@pytest.fixture
def chat_id(app: Flask, world: World, principal: Principal) -> uuid.UUID:
    agent_id = uuid.UUID(world.agent(principal.team_id))
    with app.app_context():
        chat = Chat(user_id=principal.user_id, team_id=principal.team_id, agent_id=agent_id)
        db.session.add(chat)
        db.session.commit()
        return chat.id


def send(principal: Principal, chat_id: uuid.UUID, content: str, key: Key | None = None) -> Assignment:
    assignment = services().intake.accept(principal, chat_id, NewMessage(content), origin=ORIGIN, key=key)
    assert isinstance(assignment, Assignment)
    return assignment


def test_a_send_asks_once_and_its_end_once(app: Flask, principal: Principal, chat_id: uuid.UUID) -> None:
    with app.app_context():
        for turn in range(3):
            with counted(app) as statements:
                assignment = send(principal, chat_id, f"Question {turn}")
            assert len(statements) == 1, statements
            with counted(app) as statements:
                assert outcomes.store(assignment, Answer(status="complete", content=f"Answer {turn}"))
            assert len(statements) == 1, statements
        said = [message["content"] for message in transcripts.newest(chat_id, limit=50)[0]]
        assert said == [f"{kind} {turn}" for turn in range(3) for kind in ("Question", "Answer")]
        chat = db.session.get(Chat, chat_id)
        assert chat is not None
        assert (chat.title, chat.message_count) == ("Question 0", 6)


def test_a_send_that_is_repeated_asks_once(app: Flask, principal: Principal, chat_id: uuid.UUID) -> None:
    """For a day; then the key is one like any other."""
    key = key_for("key", ["Question"])
    with app.app_context():
        first = send(principal, chat_id, "Question", key)
        assert outcomes.store(first, Answer(status="complete", content="Answer"))
        with counted(app) as statements:
            again = services().intake.accept(principal, chat_id, NewMessage("Question"), origin=ORIGIN, key=key)
        assert len(statements) == 1, statements
        assert isinstance(again, Repeat)
        told = (again.generation_id, again.message_id, str(again.user_message_id), again.error_code)
        assert told == (first.generation_id, first.message_id, first.user_message["id"], None)
        with pytest.raises(InvalidFields):
            send(principal, chat_id, "Other", key_for("key", ["Other"]))
        assert transcripts.newest(chat_id, limit=9)[0][-1]["content"] == "Answer"
        db.session.execute(db.text("UPDATE generations SET started_at = now() - interval '24 hours 1 second'"))
        db.session.commit()
        assert send(principal, chat_id, "Other", key_for("key", ["Other"])).generation_id != first.generation_id


def test_nothing_is_stored_where_a_token_can_not_be_read(
    app: Flask, principal: Principal, chat_id: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        monkeypatch.setattr(services().agents.cipher, "_ring", {})
        with pytest.raises(TokenUnreadable):
            send(principal, chat_id, "Question")
        assert transcripts.newest(chat_id, limit=9) == ([], False)
        monkeypatch.undo()
        assert send(principal, chat_id, "Question").history[-1]["content"] == "Question"


def test_a_workflow_is_told_the_newest_messages(
    app: Flask, principal: Principal, chat_id: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the new one last, however many the agent wants; none that is empty."""
    monkeypatch.setattr("chatstream.services.generations.intake.DEFAULT_HISTORY", 4)
    with app.app_context():
        for turn, answer in enumerate(("first", "", "third")):
            assignment = send(principal, chat_id, f"Q{turn}")
            outcomes.store(assignment, Answer(status="complete", content=answer))
        assert [told["content"] for told in send(principal, chat_id, "Q3").history] == ["Q2", "third", "Q3"]
    monkeypatch.setattr("chatstream.services.generations.intake.DEFAULT_HISTORY", 1)
    with app.app_context():
        db.session.execute(db.text("UPDATE generations SET status = 'stopped', finished_at = now()"))
        db.session.commit()
        assert [told["content"] for told in send(principal, chat_id, "Q4").history] == ["Q4"]
