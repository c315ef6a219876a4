"""The caller's team and its settings."""

from __future__ import annotations

from typing import Any

from chatstream.http.api import Blueprint
from chatstream.http.policy import admin_only, principal
from chatstream.http.sources import source
from chatstream.models import Team
from chatstream.schemas import team as schemas
from chatstream.services import team_settings

bp = Blueprint("team", __name__, url_prefix="/api/team", description="The caller's team")


@bp.route("/")
@admin_only
@bp.response(200, schemas.Team)
@bp.problems(401, 403)
def show() -> Team:
    """The team and its settings."""
    return team_settings.get(principal())


@bp.route("/", methods=["PATCH"])
@admin_only
@bp.arguments(schemas.TeamChanges)
@bp.response(200, schemas.Team)
@bp.problems(400, 401, 403, 415, 422)
def change(body: dict[str, Any]) -> Team:
    """Change the fields sent and no others."""
    return team_settings.change(principal(), body, source=source())
