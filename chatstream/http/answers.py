"""Answering with what an agent says: a stream of events, or one JSON document at the end."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from flask import Response, current_app, g, jsonify, request, stream_with_context

from chatstream.errors import Unavailable, UpstreamError
from chatstream.http.access import note
from chatstream.http.downloads import cut_when_slow
from chatstream.http.policy import principal
from chatstream.http.services import services
from chatstream.services.generations import Generation, idempotency, resuming
from chatstream.services.generations.asking import Ask
from chatstream.services.generations.assignment import Origin
from chatstream.services.principal_cache import cache


def answer(chat_id: uuid.UUID, ask: Ask, *, stream: bool) -> Response:
    """Ask in the caller's chat; a stream where both ``stream`` and the Accept header have it so."""
    accepted = services().intake.accept(
        principal(),
        chat_id,
        ask,
        origin=Origin(request_id=g.request_id, method=request.method, path=request.path),
        key=idempotency.key_for(request.headers.get(idempotency.HEADER), ask.request),
    )
    in_pieces = stream and _wants_events()
    if isinstance(accepted, idempotency.Repeat):
        return _repeated_stream(accepted) if in_pieces else _repeated_whole(accepted)
    note(agent_id=accepted.agent_id)
    generation = services().runner.start(accepted)
    return events(accepted.generation_id, generation.log.follow()) if in_pieces else _whole(generation)


def _wants_events() -> bool:
    offers = ["text/event-stream", "application/json"]
    return request.accept_mimetypes.best_match(offers, default=offers[0]) == offers[0]


def while_signed_in(followed: Iterator[bytes]) -> Iterator[bytes]:
    """For what another session may have asked for: a send of the caller's own stops with its session."""
    return cache.while_valid(principal(), followed, current_app.app_context)


def events(generation_id: uuid.UUID, followed: Iterator[bytes]) -> Response:
    """Answer with the frames of a generation.

    ``followed`` is asked for them when the request is over, and its contexts are gone: an open stream keeps neither
    them nor a database connection.
    """

    note(follower="here" if services().runner.is_here(generation_id) else "elsewhere")
    response = Response(followed, content_type="text/event-stream")
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
    is_running = services().runner.is_running(repeat.generation_id)
    again: Iterator[bytes]
    if is_running or idempotency.is_in_log(services().shared_log, repeat):
        again = services().runner.follow(resuming.Place(repeat.generation_id, has_ended=not is_running))
    else:
        again = stream_with_context(idempotency.stored_end(repeat))
    return events(repeat.generation_id, while_signed_in(again))


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
