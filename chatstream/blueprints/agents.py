"""Agents: listed for everybody of the team, managed by its admins."""

from __future__ import annotations

import uuid
from typing import Any

from chatstream.http.api import Blueprint
from chatstream.http.policy import admin_only, principal, signed_in
from chatstream.http.services import services
from chatstream.http.sources import source
from chatstream.schemas import agents as schemas
from chatstream.services.agents import describe

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
