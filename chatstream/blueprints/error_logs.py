"""Failures, for the team's admins to read."""

from __future__ import annotations

from typing import Any

from chatstream.http.api import Blueprint
from chatstream.http.policy import admin_only, principal
from chatstream.models import ErrorLog
from chatstream.schemas import error_logs as schemas
from chatstream.services import error_logs
from chatstream.services.keyset import Page

bp = Blueprint("error_logs", __name__, url_prefix="/api/error-logs", description="What failed, and how often")


@bp.route("/")
@admin_only
@bp.arguments(schemas.ErrorLogListQuery, location="query")
@bp.response(200, schemas.ErrorLogPage)
@bp.problems(401, 403, 422)
def index(query: dict[str, Any]) -> Page[ErrorLog]:
    """The failures of the team's answers and requests, newest first; the same within an hour is one, with a count."""
    return error_logs.page(principal(), **query)
