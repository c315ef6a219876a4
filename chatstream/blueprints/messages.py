"""Sending a message and following its answer."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from flask import Response, current_app, g, jsonify, request, stream_with_context

from chatstream.errors import Unavailable, UpstreamError
from chatstream.http.api import Blueprint
from chatstream.http.downloads import cut_when_slow
from chatstream.http.policy import principal, signed_in
from chatstream.http.rate_limits import by_user, rate_limited
from chatstream.http.services import services
from chatstream.schemas import chats as schemas
from chatstream.services.generations import Generation, idempotency, resuming, stopping
from chatstream.services.generations.assignment import Origin
from chatstream.services.principal_cache import cache

bp = Blueprint("messages", __name__, url_prefix="/api/chats", description="Sending and streaming")


@bp.route("/<uuid:chat_id>/messages", methods=["POST"])
@signed_in
@rate_limited("MESSAGE_RATE_LIMIT", scope="messages", key=by_user)
@bp.arguments(schemas.SendQuery, location="query")
@bp.arguments(schemas.NewMessage)
@bp.response(200, schemas.Exchange)
@bp.alt_response(
    200,
    schema={"type": "string"},
    content_type="text/event-stream",
    description="The answer, whole or as it is written",
)
@bp.problems(400, 401, 403, 404, 409, 415, 422, 429, 502, 503, 504)
def send(query: dict[str, Any], body: dict[str, Any], chat_id: uuid.UUID) -> Response:
    """Send a message. The answer is a stream of events, or one JSON document where Accept or ?stream= says so."""
    accepted = services().intake.accept(
        principal(),
        chat_id,
        content=body["content"],
        metadata=body.get("metadata"),
        origin=Origin(request_id=g.request_id, method=request.method, path=request.path),
        key=idempotency.key_for(request.headers.get(idempotency.HEADER), body["content"], body.get("metadata")),
    )
    wants_stream = query["stream"] and _wants_events()
    if isinstance(accepted, idempotency.Repeat):
        return _repeated_stream(accepted) if wants_stream else _repeated_whole(accepted)
    generation = services().runner.start(accepted)
    return _stream(accepted.generation_id, generation.log.follow()) if wants_stream else _whole(generation)


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
    return _stream(place.generation_id, _while_signed_in(services().runner.follow(place)))


@bp.route("/<uuid:chat_id>/stop", methods=["POST"])
@signed_in
@bp.response(200, schemas.Stopped)
@bp.problems(401, 403, 404)
def stop(chat_id: uuid.UUID) -> dict[str, bool]:
    """Stop the running answer, on whichever worker it runs; what had arrived is kept."""
    return {"stopped": stopping.stop_answer(principal(), chat_id)}


def _wants_events() -> bool:
    offers = ["text/event-stream", "application/json"]
    return request.accept_mimetypes.best_match(offers, default=offers[0]) == offers[0]


def _while_signed_in(followed: Iterator[bytes]) -> Iterator[bytes]:
    """For what another session may have asked for: a send of the caller's own stops with its session."""
    return cache.while_valid(principal(), followed, current_app.app_context)


def _stream(generation_id: uuid.UUID, followed: Iterator[bytes]) -> Response:
    """Answer with the frames of a generation. ``followed`` holds no database connection while it waits."""

    def frames() -> Iterator[bytes]:
        yield from followed

    response = Response(stream_with_context(frames()), content_type="text/event-stream")
    response.headers["Cache-Control"] = "no-cache, no-transform"
    response.headers["X-Accel-Buffering"] = "no"
    response.headers["X-Generation-ID"] = str(generation_id)
    cut_when_slow(response)  # the answer runs on and is stored
    return response


def _whole(generation: Generation) -> Response:
    """Wait for the end. A failure of the workflow is raised; what it had said is stored all the same."""
    generation.wait()
    if generation.stored is None or generation.stored["status"] == "interrupted":
        raise Unavailable("The answer was interrupted; what had come of it is in the chat.")
    if generation.failure is not None:
        raise generation.failure
    answer = jsonify(user_message=generation.assignment.user_message, message=generation.stored)
    answer.headers["X-Generation-ID"] = str(generation.assignment.generation_id)
    return answer


def _repeated_stream(repeat: idempotency.Repeat) -> Response:
    """The stream of the first time, or its stored end when its events are gone."""
    kept = idempotency.is_whole_in_log(services().shared_log, repeat)
    if kept or services().runner.is_running(repeat.generation_id):
        again = services().runner.follow(resuming.Place(repeat.generation_id, has_ended=kept))
    else:
        again = idempotency.stored_end(repeat)
    return _stream(repeat.generation_id, _while_signed_in(again))


def _repeated_whole(repeat: idempotency.Repeat) -> Response:
    """The end of the first time, waited for where it is still to come."""
    services().runner.wait_for(repeat.generation_id)
    user_message, message = idempotency.stored_messages(repeat)
    if message is None or message["status"] == "interrupted":
        raise Unavailable("The answer was interrupted; what had come of it is in the chat.")
    if message["status"] == "error":
        raise UpstreamError.of_code(repeat.error_code or message["metadata"]["error_code"])
    answer = jsonify(user_message=user_message, message=message)
    answer.headers["X-Generation-ID"] = str(repeat.generation_id)
    return answer
