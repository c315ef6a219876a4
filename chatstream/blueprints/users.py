"""The members of a team, managed by its admins."""

from __future__ import annotations

import uuid
from typing import Any

from chatstream.http.api import Blueprint
from chatstream.http.policy import admin_only, principal
from chatstream.http.sources import source
from chatstream.models import User
from chatstream.schemas import auth
from chatstream.schemas import users as schemas
from chatstream.services import team_members
from chatstream.services.keyset import Page

bp = Blueprint("users", __name__, url_prefix="/api/users", description="The members of the team")


@bp.route("/")
@admin_only
@bp.arguments(schemas.UserListQuery, location="query")
@bp.response(200, schemas.UserPage)
@bp.problems(401, 403, 422)
def index(query: dict[str, Any]) -> Page[User]:
    """The accounts of the team, newest first."""
    return team_members.page(principal(), **query)


@bp.route("/<uuid:user_id>", methods=["PATCH"])
@admin_only
@bp.arguments(schemas.UserChanges)
@bp.response(200, auth.User)
@bp.problems(400, 401, 403, 404, 409, 415, 422)
def change(body: dict[str, Any], user_id: uuid.UUID) -> User:
    """Change a role, deactivate or activate; rights that go are gone at once. 409 last_admin: none would be left."""
    return team_members.change(principal(), user_id, **body, source=source())
