"""Signing in and out."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request
from flask_jwt_extended import unset_jwt_cookies

from chatstream.http import attempts
from chatstream.http.api import Blueprint
from chatstream.http.policy import principal, public, signed_in
from chatstream.http.rate_limits import by_address, by_user, rate_limited
from chatstream.http.services import services
from chatstream.http.sources import source
from chatstream.http.tokens import refresh_claims, session_claimed, session_shown, set_session_cookies
from chatstream.models import User
from chatstream.schemas import auth as schemas
from chatstream.schemas.common import MessageOnly
from chatstream.services import accounts, auth_sessions
from chatstream.services.clients import Client

bp = Blueprint("auth", __name__, url_prefix="/api/auth", description="Accounts and sessions")


@bp.route("/register", methods=["POST"])
@public
@rate_limited("REGISTER_RATE_LIMIT", scope="register", key=by_address)
@bp.arguments(schemas.Registration)
@bp.response(201, schemas.User)
@bp.problems(400, 403, 404, 409, 415, 422, 429, 503)
def register(body: dict[str, Any]) -> User:
    """Make an account in an open team (404 team_not_found), or by an invite (404 invalid_invite)."""
    attempts.made_with(body["email"])
    if "invite" in body:
        return attempts.made_by(services().invitations.register(**body, source=source()))
    return attempts.made_by(services().accounts.register(**body))


@bp.route("/login", methods=["POST"])
@public
@rate_limited("LOGIN_RATE_LIMIT", scope="login", key=by_address)
@bp.arguments(schemas.Login)
@bp.response(200, schemas.LoginAnswer)
@bp.problems(400, 401, 403, 409, 415, 422, 429, 503)
def login(body: dict[str, Any]) -> Response:
    """Sign in: both tokens come as cookies."""
    attempts.made_with(body["email"])
    client = Client.at(request.remote_addr, request.headers.get("User-Agent", ""), session_shown())
    signed_in = services().accounts.login(**body, client=client)
    answer = jsonify(message="Signed in", user=schemas.User().dump(attempts.made_by(signed_in.user)))
    set_session_cookies(answer, signed_in.grant)
    return answer


@bp.route("/refresh", methods=["POST"])
@public
@bp.response(200, MessageOnly)
@bp.problems(401, 403)
def refresh() -> Response:
    """Exchange the refresh token: both tokens are replaced."""
    grant = services().sessions.rotate(*refresh_claims())
    answer = jsonify(message="Refreshed")
    set_session_cookies(answer, grant)
    return answer


@bp.route("/logout", methods=["POST"])
@public
@bp.response(200, MessageOnly)
@bp.problems(403)
def logout() -> Response:
    """End the session: its tokens work nowhere any more, and the cookies are cleared."""
    if (session_id := session_claimed()) is not None:
        auth_sessions.revoke(session_id)
    answer = jsonify(message="Signed out")
    unset_jwt_cookies(answer)
    return answer


@bp.route("/password", methods=["POST"])
@signed_in
@rate_limited("LOGIN_RATE_LIMIT", scope="password", key=by_user)
@bp.arguments(schemas.PasswordChange)
@bp.response(200, MessageOnly)
@bp.problems(400, 401, 403, 409, 415, 422, 429, 503)
def change_password(body: dict[str, Any]) -> dict[str, str]:
    """Change the caller's password; its other sessions and the answers that they asked for end."""
    services().accounts.change_password(principal(), **body)
    return {"message": "The password is changed"}


@bp.route("/me")
@signed_in
@bp.response(200, schemas.User)
@bp.problems(401)
def me() -> User:
    """Who is signed in."""
    return accounts.get(principal().user_id)
