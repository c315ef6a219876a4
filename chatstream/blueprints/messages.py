"""Sending a message and following its answer."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, request

from chatstream.http import answers
from chatstream.http.api import Blueprint
from chatstream.http.policy import principal, signed_in
from chatstream.http.rate_limits import by_user, rate_limited
from chatstream.http.services import services
from chatstream.schemas import chats as schemas
from chatstream.services.generations import resuming, stopping
from chatstream.services.generations.asking import NewMessage

bp = Blueprint("messages", __name__, url_prefix="/api/chats", description="Sending and streaming")


@bp.route("/<uuid:chat_id>/messages", methods=["POST"])
@signed_in
@rate_limited("MESSAGE_RATE_LIMIT", scope="messages", key=by_user)
@bp.arguments(schemas.SendQuery, location="query")
@bp.arguments(schemas.NewMessage)
@bp.response(200, schemas.Exchange)
@bp.streams()
@bp.problems(400, 401, 403, 404, 409, 415, 422, 429, 502, 503, 504)
def send(query: dict[str, Any], body: dict[str, Any], chat_id: uuid.UUID) -> Response:
    """Send a message. The answer is a stream of events, or one JSON document where Accept or ?stream= says so."""
    return answers.answer(chat_id, NewMessage(body["content"], body.get("metadata")), stream=query["stream"])


@bp.route("/<uuid:chat_id>/stream")
@signed_in
@bp.arguments(schemas.FollowQuery, location="query")
@bp.response(200, {"type": "string"}, content_type="text/event-stream", description="The rest of the answer")
@bp.alt_response(204, description="Nothing to follow")
@bp.problems(401, 404, 422)
def follow(query: dict[str, Any], chat_id: uuid.UUID) -> Response:
    """Join the running answer, or go on after Last-Event-ID; up to 5 minutes after its end, on any worker."""
    last_event_id = request.headers.get("Last-Event-ID") or query["last_event_id"]
    place = resuming.find_place(services().shared_log, principal(), chat_id, last_event_id)
    if place is None:
        return Response(status=204)
    return answers.events(place.generation_id, answers.while_signed_in(services().runner.follow(place)))


@bp.route("/<uuid:chat_id>/stop", methods=["POST"])
@signed_in
@bp.response(200, schemas.Stopped)
@bp.problems(401, 403, 404)
def stop(chat_id: uuid.UUID) -> dict[str, bool]:
    """Stop the running answer, on whichever worker it runs; what had arrived is kept."""
    return {"stopped": stopping.stop_answer(principal(), chat_id)}
