"""A chat that is marked as deleted is there for nobody, while it is still in the database."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import delete, exists, select, text, update
from sqlalchemy.orm import aliased

from chatstream.extensions import db
from chatstream.models import Agent, Chat, Generation
from chatstream.models.chat import WITH_DELETED
from chatstream.services import deleting
from chatstream.services.generations.outcomes import Answer, close
from tests.services.test_transcripts import new_chat
from tests.support.world import World


@pytest.fixture
def marked(app: Flask, world: World) -> Iterator[uuid.UUID]:
    """A deleted chat, in which an answer began just before."""
    with app.app_context():
        chat_id = new_chat(world)
        chat = db.session.get_one(Chat, chat_id)
        db.session.add(Generation(chat_id=chat_id, user_id=chat.user_id, agent_id=chat.agent_id))
        db.session.flush()
        assert deleting.mark(Chat.id == chat_id) == {chat_id}
        db.session.commit()
        db.session.remove()
        yield chat_id


def test_no_statement_sees_it_but_with_the_option(marked: uuid.UUID) -> None:
    other = aliased(Chat)
    statements = (
        select(Chat),
        select(Chat.id).where(Chat.id == marked),
        select(other.id),
        select(Agent.id).join(Chat),
        select(Agent.id).where(Agent.id.in_(select(Chat.agent_id))),
        select(Agent.id).where(exists().where(Chat.agent_id == Agent.id)),
        select(Chat.id).with_for_update(),
        update(Chat).values(title="seen").returning(Chat.id),
        delete(Chat).returning(Chat.id),
    )
    for statement in statements:
        assert db.session.execute(statement).all() == [], statement
        assert len(db.session.execute(statement, execution_options=WITH_DELETED).all()) == 1, statement
        db.session.rollback()
    assert db.session.get(Chat, marked) is None
    assert deleting.mark(Chat.id == marked) == set()


def test_an_answer_that_ends_later_finds_no_chat(marked: uuid.UUID) -> None:
    generation = db.session.scalars(select(Generation)).one()
    assert generation.stop_requested_at is not None
    answer = Answer(status="complete", content="late")
    assert not close(db.session.connection(), marked, generation.id, answer.message(generation.message_id), answer)
    db.session.commit()
    stored = db.session.execute(text("SELECT message_count, messages FROM chats")).one()
    assert tuple(stored) == (0, [])
