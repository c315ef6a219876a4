"""Invites: who may come into the team."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, jsonify

from chatstream.http.api import Blueprint
from chatstream.http.policy import admin_only, principal
from chatstream.http.services import services
from chatstream.http.sources import source
from chatstream.models import Invite
from chatstream.schemas import invites as schemas
from chatstream.services import invitations
from chatstream.services.keyset import Page

bp = Blueprint("invites", __name__, url_prefix="/api/invites", description="Single ways into the team")


@bp.route("/")
@admin_only
@bp.arguments(schemas.InviteListQuery, location="query")
@bp.response(200, schemas.InvitePage)
@bp.problems(401, 403, 422)
def index(query: dict[str, Any]) -> Page[Invite]:
    """The team's invites, newest first, without their tokens."""
    return invitations.page(principal(), **query)


@bp.route("/", methods=["POST"])
@admin_only
@bp.arguments(schemas.NewInvite)
@bp.response(201, schemas.IssuedInvite)
@bp.problems(400, 401, 403, 409, 415, 422)
def create(body: dict[str, Any]) -> tuple[Response, int]:
    """Make an invite that counts once. Its token is in this answer and nowhere else."""
    invite, token = services().invitations.create(principal(), **body, source=source())
    return jsonify(schemas.Invite().dump(invite) | {"token": token}), 201


@bp.route("/<uuid:invite_id>", methods=["DELETE"])
@admin_only
@bp.response(204)
@bp.problems(401, 403, 404)
def revoke(invite_id: uuid.UUID) -> None:
    """Take an invite away: its token lets nobody in any more."""
    invitations.revoke(principal(), invite_id, source=source())
