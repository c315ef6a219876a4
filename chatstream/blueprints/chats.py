"""Chats: kept conversations of one user."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response

from chatstream.http import chat_json
from chatstream.http.api import Blueprint
from chatstream.http.policy import principal, signed_in
from chatstream.models import Chat
from chatstream.schemas import chats as schemas
from chatstream.services import chat_bulk, chats, deleting, opened_chats

bp = Blueprint("chats", __name__, url_prefix="/api/chats", description="Kept conversations")


@bp.route("/")
@signed_in
@bp.arguments(schemas.ChatListQuery, location="query")
@bp.response(200, schemas.ChatPage)
@bp.problems(401, 422)
def index(query: dict[str, Any]) -> Response:
    """The caller's chats, newest activity first, without their messages."""
    return chat_json.page(chats.page(principal(), **query))


@bp.route("/", methods=["POST"])
@signed_in
@bp.arguments(schemas.NewChat)
@bp.response(201, schemas.Chat)
@bp.problems(400, 401, 403, 404, 409, 415, 422)
def create(body: dict[str, Any]) -> Chat:
    """Open a chat with an agent. Without a title, the first user message names it."""
    agent_id = body.pop("agent_id")
    return chats.create(principal(), agent_id=agent_id, fields=body)


@bp.route("/<uuid:chat_id>")
@signed_in
@bp.arguments(schemas.MessagesQuery, location="query")
@bp.response(200, schemas.OpenChat)
@bp.problems(401, 404, 422)
def show(query: dict[str, Any], chat_id: uuid.UUID) -> Response:
    """A chat with its newest messages, or with those before one; and the answer that is being written."""
    return chat_json.opened(opened_chats.open_chat(principal(), chat_id, **query))


@bp.route("/<uuid:chat_id>", methods=["PUT"])
@signed_in
@bp.arguments(schemas.ChatChanges)
@bp.response(200, schemas.Chat)
@bp.problems(400, 401, 403, 404, 415, 422)
def change(body: dict[str, Any], chat_id: uuid.UUID) -> Chat:
    """Change the fields sent and no others."""
    return chats.update(principal(), chat_id, body)


@bp.route("/<uuid:chat_id>", methods=["DELETE"])
@signed_in
@bp.response(204)
@bp.problems(401, 403, 404)
def delete(chat_id: uuid.UUID) -> None:
    """Delete a chat; a running answer is stopped first."""
    deleting.delete_chat(principal(), chat_id)


@bp.route("/bulk", methods=["POST"])
@signed_in
@bp.arguments(schemas.BulkAction)
@bp.response(200, schemas.BulkOutcome)
@bp.problems(400, 401, 403, 415, 422)
def act(body: dict[str, Any]) -> chat_bulk.Outcome:
    """Archive, unarchive or delete up to 100 chats at once; running answers of deleted ones are stopped first."""
    return chat_bulk.act(principal(), body["ids"], body["action"])
