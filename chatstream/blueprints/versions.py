"""Asking again: another answer, a message in other words, and the versions that these leave behind."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response

from chatstream.http import answers
from chatstream.http.api import Blueprint
from chatstream.http.policy import principal, signed_in
from chatstream.http.rate_limits import by_user, rate_limited
from chatstream.models import Chat
from chatstream.schemas import chats as chat_schemas
from chatstream.schemas import versions as schemas
from chatstream.schemas.common import PageQuery
from chatstream.services import versions
from chatstream.services.generations.asking import EditedMessage, LastMessage
from chatstream.services.keyset import Page

bp = Blueprint("versions", __name__, url_prefix="/api/chats/<uuid:chat_id>", description="Asking again")


@bp.route("/regenerate", methods=["POST"])
@signed_in
@rate_limited("MESSAGE_RATE_LIMIT", scope="messages", key=by_user)
@bp.arguments(chat_schemas.SendQuery, location="query")
@bp.response(200, chat_schemas.Exchange)
@bp.streams()
@bp.problems(400, 401, 403, 404, 409, 422, 429, 502, 503, 504)
def regenerate(query: dict[str, Any], chat_id: uuid.UUID) -> Response:
    """Ask for the last answer again; the one that was there is set aside. Answers as sending does."""
    return answers.answer(chat_id, LastMessage(), stream=query["stream"])


@bp.route("/messages/<uuid:message_id>", methods=["PUT"])
@signed_in
@rate_limited("MESSAGE_RATE_LIMIT", scope="messages", key=by_user)
@bp.arguments(chat_schemas.SendQuery, location="query")
@bp.arguments(schemas.EditedMessage)
@bp.response(200, chat_schemas.Exchange)
@bp.streams()
@bp.problems(400, 401, 403, 404, 409, 415, 422, 429, 502, 503, 504)
def edit(query: dict[str, Any], body: dict[str, Any], chat_id: uuid.UUID, message_id: uuid.UUID) -> Response:
    """Send a message of the user in other words; it and what followed are set aside. Answers as sending does."""
    return answers.answer(chat_id, EditedMessage(message_id, body["content"]), stream=query["stream"])


@bp.route("/messages/<uuid:message_id>/versions")
@signed_in
@bp.arguments(PageQuery, location="query")
@bp.response(200, schemas.VersionPage)
@bp.problems(401, 404, 422)
def index(query: dict[str, Any], chat_id: uuid.UUID, message_id: uuid.UUID) -> Page[versions.Version]:
    """The versions of the turn that a message is in (the user's, or its answer), newest first."""
    return versions.page(principal(), chat_id, message_id, **query)


@bp.route("/messages/<uuid:message_id>/versions/<int:n>/restore", methods=["POST"])
@signed_in
@bp.response(200, chat_schemas.Chat)
@bp.problems(401, 403, 404, 409)
def restore(chat_id: uuid.UUID, message_id: uuid.UUID, n: int) -> Chat:
    """Make a version current again, with all that followed it; what is current is set aside in turn."""
    return versions.restore(principal(), chat_id, message_id, n)
