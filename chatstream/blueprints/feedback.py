"""Feedback: users rate answers, admins of their team read the rated exchanges."""

from __future__ import annotations

import uuid
from typing import Any

from chatstream.http.api import Blueprint
from chatstream.http.policy import admin_only, principal, signed_in
from chatstream.schemas import feedback as schemas
from chatstream.schemas.chats import Message
from chatstream.services import feedback

bp = Blueprint("feedback", __name__, url_prefix="/api", description="What users say of answers")


@bp.route("/chats/<uuid:chat_id>/messages/<uuid:message_id>/feedback", methods=["PUT"])
@signed_in
@bp.arguments(schemas.NewFeedback)
@bp.response(200, Message)
@bp.problems(400, 401, 403, 404, 415, 422)
def rate(body: dict[str, Any], chat_id: uuid.UUID, message_id: uuid.UUID) -> dict[str, Any]:
    """Rate an answer, with a comment if you like. The team's admins can read it, with its question and your comment,
    until you take the rating back (null)."""
    return feedback.rate(principal(), chat_id, message_id, **body)


@bp.route("/agents/<uuid:agent_id>/feedback")
@admin_only
@bp.arguments(schemas.FeedbackQuery, location="query")
@bp.response(200, schemas.AgentFeedback)
@bp.problems(401, 403, 404, 422)
def index(query: dict[str, Any], agent_id: uuid.UUID) -> feedback.AgentFeedback:
    """How an agent's answers were rated: all counts, and the rated exchanges, newest first."""
    return feedback.of_agent(principal(), agent_id, **query)
