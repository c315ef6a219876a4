"""Password resets: issued by an admin, used by whoever is locked out."""

from __future__ import annotations

import uuid
from typing import Any

from chatstream.http.api import Blueprint
from chatstream.http.policy import admin_only, principal, public
from chatstream.http.rate_limits import by_address, rate_limited
from chatstream.http.services import services
from chatstream.http.sources import source
from chatstream.schemas import password_resets as schemas
from chatstream.schemas.common import MessageOnly
from chatstream.services import password_resets

bp = Blueprint("password_resets", __name__, url_prefix="/api", description="Ways back for users who are locked out")


@bp.route("/users/<uuid:user_id>/password-reset", methods=["POST"])
@admin_only
@bp.response(201, schemas.IssuedReset)
@bp.problems(401, 403, 404, 409)
def issue(user_id: uuid.UUID) -> password_resets.IssuedReset:
    """Make a token that replaces a member's password once, within an hour; an older one is void."""
    return password_resets.issue(principal(), user_id, source=source())


@bp.route("/auth/password-reset", methods=["POST"])
@public
@rate_limited("PASSWORD_RESET_RATE_LIMIT", scope="password-reset", key=by_address)
@bp.arguments(schemas.PasswordReset)
@bp.response(200, MessageOnly)
@bp.problems(400, 403, 404, 415, 422, 429, 503)
def use(body: dict[str, Any]) -> dict[str, str]:
    """Set a new password by a token (404 invalid_reset_token). Every session of the user ends."""
    services().password_resets.use(**body, source=source())
    return {"message": "Password changed"}
