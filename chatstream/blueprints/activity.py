"""What a team's agents have been doing, for its admins to see."""

from __future__ import annotations

from typing import Any

from chatstream.http.api import Blueprint
from chatstream.http.policy import admin_only, principal
from chatstream.schemas import activity as schemas
from chatstream.services import activity

bp = Blueprint("activity", __name__, url_prefix="/api/team/activity", description="What the team's agents are doing")


@bp.route("/")
@admin_only
@bp.arguments(schemas.ActivityQuery, location="query")
@bp.response(200, schemas.Activity)
@bp.problems(401, 403, 422)
def show(query: dict[str, Any]) -> activity.Activity:
    """The team's answers that run now, and those of the last hour or day: how they ended and how long they took."""
    return activity.of_team(principal(), **query)
