"""Agents: listed for everybody of the team, managed by its admins."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, g, request

from chatstream.http.api import Blueprint
from chatstream.http.policy import admin_only, principal, signed_in
from chatstream.http.rate_limits import by_user, rate_limited
from chatstream.http.services import services
from chatstream.http.sources import source
from chatstream.schemas import agents as schemas
from chatstream.services.agents import describe
from chatstream.services.pictures import MEDIA_TYPE

UPLOADED = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-site",
    "X-Content-Type-Options": "nosniff",
}
"""What came from a person is shown as a picture and as nothing else."""

bp = Blueprint("agents", __name__, url_prefix="/api/agents", description="The workflows that answer")


@bp.route("/")
@signed_in
@bp.arguments(schemas.AgentListQuery, location="query")
@bp.response(200, schemas.AgentPage)
@bp.problems(401, 422)
def index(query: dict[str, Any]) -> dict[str, Any]:
    """The active agents of the team, newest first; an admin may ask for the inactive ones too."""
    caller = principal()
    page = services().agents.page(caller, **query)
    items = [describe(agent, to_admin=caller.is_admin) for agent in page.items]
    return {"items": items, "next_cursor": page.next_cursor}


@bp.route("/", methods=["POST"])
@admin_only
@bp.arguments(schemas.NewAgent)
@bp.response(201, schemas.Agent)
@bp.problems(400, 401, 403, 415, 422)
def create(body: dict[str, Any]) -> dict[str, Any]:
    """Add an agent."""
    return describe(services().agents.create(principal(), body, source=source()), to_admin=True)


@bp.route("/<uuid:agent_id>")
@signed_in
@bp.response(200, schemas.Agent)
@bp.problems(401, 404)
def show(agent_id: uuid.UUID) -> dict[str, Any]:
    """One agent."""
    caller = principal()
    return describe(services().agents.get(caller, agent_id), to_admin=caller.is_admin)


@bp.route("/<uuid:agent_id>", methods=["PUT"])
@admin_only
@bp.arguments(schemas.AgentChanges)
@bp.response(200, schemas.Agent)
@bp.problems(400, 401, 403, 404, 415, 422)
def change(body: dict[str, Any], agent_id: uuid.UUID) -> dict[str, Any]:
    """Change the fields sent and no others."""
    return describe(services().agents.update(principal(), agent_id, body, source=source()), to_admin=True)


@bp.route("/<uuid:agent_id>", methods=["DELETE"])
@admin_only
@bp.response(204)
@bp.problems(401, 403, 404)
def delete(agent_id: uuid.UUID) -> None:
    """Delete an agent. Its chats stay readable; sending to them answers 409 agent_unavailable."""
    services().agents.delete(principal(), agent_id, source=source())


@bp.route("/<uuid:agent_id>/avatar", methods=["POST"])
@admin_only
@bp.arguments(schemas.NewAvatar, location="files")
@bp.response(200, schemas.Agent)
@bp.problems(400, 401, 403, 404, 413, 415, 422, 503)
def set_avatar(files: dict[str, Any], agent_id: uuid.UUID) -> dict[str, Any]:
    """Give an agent a face: the middle square of a picture, drawn anew as a WebP of 256x256 pixels."""
    return describe(services().avatars.replace(principal(), agent_id, files["file"].read()), to_admin=True)


@bp.route("/<uuid:agent_id>/avatar")
@signed_in
@bp.arguments(schemas.AvatarQuery, location="query")
@bp.response(200, {"type": "string", "format": "binary"}, content_type=MEDIA_TYPE, description="The picture")
@bp.alt_response(304, description="It has not changed since If-None-Match")
@bp.problems(401, 404, 422)
def avatar(query: dict[str, Any], agent_id: uuid.UUID) -> Response:
    """An agent's face. Under the version that avatar_url names it may be kept for a day."""
    found = services().avatars.get(principal(), agent_id)
    response = Response(found.content, content_type=MEDIA_TYPE, headers=UPLOADED)
    response.headers["Cache-Control"] = "private, max-age=86400" if query["v"] == found.etag else "private, no-cache"
    response.set_etag(found.etag)
    response.make_conditional(request)
    return response


@bp.route("/<uuid:agent_id>/avatar", methods=["DELETE"])
@admin_only
@bp.response(204)
@bp.problems(401, 403, 404)
def delete_avatar(agent_id: uuid.UUID) -> None:
    """Take an agent's avatar away."""
    services().avatars.delete(principal(), agent_id)


@bp.route("/<uuid:agent_id>/test", methods=["POST"])
@admin_only
@rate_limited("AGENT_TEST_RATE_LIMIT", scope="agent-tests", key=by_user)
@bp.response(200, schemas.Diagnosis)
@bp.problems(401, 403, 404, 429)
def test(agent_id: uuid.UUID) -> dict[str, Any]:
    """Send one message to the workflow, wait at most 30 s, and say what came of it and what to change."""
    return services().probes.run(principal(), agent_id, request_id=g.request_id)
