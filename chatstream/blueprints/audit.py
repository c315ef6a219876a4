"""The audit trail, for the team's admins to read."""

from __future__ import annotations

from typing import Any

from chatstream.http.api import Blueprint
from chatstream.http.policy import admin_only, principal
from chatstream.models import AuditEvent
from chatstream.schemas import audit as schemas
from chatstream.services import audit
from chatstream.services.keyset import Page

bp = Blueprint("audit", __name__, url_prefix="/api/audit", description="Who did what to whom, when, from where")


@bp.route("/")
@admin_only
@bp.arguments(schemas.AuditListQuery, location="query")
@bp.response(200, schemas.AuditPage)
@bp.problems(401, 403, 422)
def index(query: dict[str, Any]) -> Page[AuditEvent]:
    """The acts of administration in the team, newest first."""
    return audit.page(principal(), **query)
