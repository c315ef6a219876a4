"""A user's own sessions: where it is signed in, and signing out there."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, jsonify

from chatstream.http.api import Blueprint
from chatstream.http.policy import principal, signed_in
from chatstream.schemas import auth as schemas
from chatstream.schemas.common import PageQuery
from chatstream.services import auth_sessions

bp = Blueprint("sessions", __name__, url_prefix="/api/auth/sessions", description="Where a user is signed in")


@bp.route("/")
@signed_in
@bp.arguments(PageQuery, location="query")
@bp.response(200, schemas.SessionPage)
@bp.problems(401, 422)
def index(query: dict[str, Any]) -> Response:
    """The caller's live sessions, newest first."""
    caller = principal()
    page = auth_sessions.page(caller, **query)
    items = [schemas.Session().dump(session) | {"current": session.id == caller.session_id} for session in page.items]
    return jsonify(items=items, next_cursor=page.next_cursor)


@bp.route("/<uuid:session_id>", methods=["DELETE"])
@signed_in
@bp.response(204)
@bp.problems(401, 403, 404)
def delete(session_id: uuid.UUID) -> None:
    """Sign out there: neither of the session's tokens works again, and the answers that it asked for stop."""
    auth_sessions.end(principal(), session_id)
