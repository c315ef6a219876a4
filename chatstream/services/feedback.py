"""Feedback: users rate answers, and admins read what was rated.

A rating stands with its message, for the chat, and in a table with the exchange as it was, for the admins of the team:
question, answer and comment. Nothing else of a chat is shown to them, and a rating that is taken back takes that away.
An answer that was rated and then set aside stays rated.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from chatstream.errors import InvalidFields, NotFound
from chatstream.extensions import db
from chatstream.models import Agent, Chat, MessageFeedback
from chatstream.models.message_feedback import RATINGS as RATINGS
from chatstream.models.message_feedback import Rating
from chatstream.services import chats, transcripts
from chatstream.services.keyset import Page, newest_first
from chatstream.services.principals import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentFeedback:
    """How many answers of an agent are rated, by rating, and a page of the exchanges."""

    counts: dict[Rating, int]
    page: Page[MessageFeedback]


def rate(
    principal: Principal, chat_id: uuid.UUID, message_id: uuid.UUID, *, rating: Rating | None, comment: str | None
) -> transcripts.Message:
    """Rate an answer in one's own chat, or take the rating back (None); returns the message.

    Raises NotFound (chat or message), InvalidFields (the message is no answer; a comment without a rating).
    """
    chat = chats.locked(principal, chat_id)
    message = transcripts.find(chat_id, str(message_id))
    if message is None:
        raise NotFound("There is no such message.")
    if message["role"] != "assistant":
        raise InvalidFields({"message_id": ["Only answers can be rated."]})
    if rating is None and comment is not None:
        raise InvalidFields({"comment": ["A comment needs a rating."]})
    rated = {name: value for name, value in message.items() if name != "feedback"}
    if rating is None:
        _forget(chat_id, message_id)
    else:
        rated["feedback"] = {"rating": rating} | ({"comment": comment} if comment else {})
        _keep(chat, message, rating, comment)
    transcripts.replace(chat_id, rated)
    db.session.commit()
    return rated


def of_agent(
    principal: Principal, agent_id: uuid.UUID, *, limit: int, cursor: str | None, rating: Rating | None = None
) -> AgentFeedback:
    """What was rated of an agent of the caller's team, newest first. Raises NotFound, InvalidFields (cursor)."""
    of_team = (Agent.id == agent_id, Agent.team_id == principal.team_id)
    if db.session.scalar(select(Agent.id).where(*of_team)) is None:
        raise NotFound("There is no such agent.")
    own = (MessageFeedback.agent_id == agent_id, MessageFeedback.team_id == principal.team_id)
    query = select(MessageFeedback).where(*own)
    if rating is not None:
        query = query.where(MessageFeedback.rating == rating)
    counted = select(MessageFeedback.rating, func.count()).where(*own).group_by(MessageFeedback.rating)
    counts = {row[0]: row[1] for row in db.session.execute(counted)}
    return AgentFeedback(
        counts={word: counts.get(word, 0) for word in RATINGS},
        page=newest_first(query, instant=MessageFeedback.rated_at, key=MessageFeedback.id, limit=limit, cursor=cursor),
    )


def _keep(chat: Chat, message: transcripts.Message, rating: Rating, comment: str | None) -> None:
    before, _ = transcripts.before(chat.id, message["id"], limit=1)
    said = {"rating": rating, "comment": comment or None}
    db.session.execute(
        insert(MessageFeedback)
        .values(
            chat_id=chat.id,
            message_id=uuid.UUID(message["id"]),
            agent_id=chat.agent_id,
            team_id=chat.team_id,
            user_id=chat.user_id,
            question=before[0]["content"] if before else None,
            answer=message["content"],
            **said,
        )
        .on_conflict_do_update(index_elements=["chat_id", "message_id"], set_={**said, "rated_at": func.now()})
    )


def _forget(chat_id: uuid.UUID, message_id: uuid.UUID) -> None:
    db.session.execute(
        delete(MessageFeedback).where(MessageFeedback.chat_id == chat_id, MessageFeedback.message_id == message_id)
    )
