"""Tokens in cookies: minted from a session's grant, read by Flask-JWT-Extended, refused in the one shape."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from flask import Flask, Response
from flask_jwt_extended import (
    create_access_token,
    create_refresh_token,
    get_jwt,
    set_access_cookies,
    set_refresh_cookies,
    verify_jwt_in_request,
)
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt import PyJWTError

from chatstream.errors import ChatStreamError, InvalidToken, Unauthenticated
from chatstream.extensions import jwt
from chatstream.http.problems import problem
from chatstream.services.auth_sessions import REFRESH_LIFETIME, RefreshGrant

ACCESS_LIFETIME = timedelta(hours=1)
LEEWAY_S = 60
"""A node whose clock is half a minute ahead must not log anybody out."""

CONFIG: dict[str, Any] = {
    "JWT_ALGORITHM": "HS256",
    "JWT_DECODE_ALGORITHMS": ["HS256"],
    "JWT_TOKEN_LOCATION": ["cookies"],
    "JWT_ACCESS_COOKIE_NAME": "access_token",
    "JWT_REFRESH_COOKIE_NAME": "refresh_token",
    "JWT_ACCESS_COOKIE_PATH": "/",
    "JWT_REFRESH_COOKIE_PATH": "/api/auth",
    "JWT_COOKIE_SAMESITE": "Strict",
    "JWT_COOKIE_CSRF_PROTECT": False,  # origins are checked by http/origins.py, without a second token
    "JWT_SESSION_COOKIE": False,
    "JWT_ACCESS_TOKEN_EXPIRES": ACCESS_LIFETIME,
    "JWT_REFRESH_TOKEN_EXPIRES": REFRESH_LIFETIME,
    "JWT_DECODE_LEEWAY": LEEWAY_S,
    "JWT_ENCODE_ISSUER": "chatstream",
    "JWT_DECODE_ISSUER": "chatstream",
    "JWT_ENCODE_AUDIENCE": "chatstream",
    "JWT_DECODE_AUDIENCE": "chatstream",
}


def init_tokens(app: Flask) -> None:
    """Answer every complaint of the library with a problem document."""
    jwt.unauthorized_loader(lambda _why: _refuse(Unauthenticated()))
    jwt.invalid_token_loader(lambda _why: _refuse(InvalidToken()))
    jwt.revoked_token_loader(lambda _header, _claims: _refuse(InvalidToken()))
    jwt.user_lookup_error_loader(lambda _header, _claims: _refuse(InvalidToken()))
    jwt.token_verification_failed_loader(lambda _header, _claims: _refuse(InvalidToken()))
    jwt.needs_fresh_token_loader(lambda _header, _claims: _refuse(InvalidToken()))
    jwt.expired_token_loader(lambda _header, _claims: _refuse(InvalidToken("The token has expired.")))
    app.register_error_handler(PyJWTError, lambda _error: _refuse(InvalidToken()))


def set_session_cookies(response: Response, grant: RefreshGrant) -> None:
    """Put both tokens of a session into cookies. The refresh token is a pure function of the grant."""
    identity = str(grant.user_id)
    issued_at = int(grant.issued_at.timestamp())
    refresh_claims = {
        "sid": str(grant.session_id),
        "jti": str(grant.jti),
        "iat": issued_at,
        "nbf": issued_at,
        "exp": issued_at + int(REFRESH_LIFETIME.total_seconds()),
    }
    access = create_access_token(identity, additional_claims={"sid": str(grant.session_id)})
    refresh = create_refresh_token(identity, additional_claims=refresh_claims)
    set_access_cookies(response, access, max_age=int(ACCESS_LIFETIME.total_seconds()))
    set_refresh_cookies(response, refresh, max_age=int(REFRESH_LIFETIME.total_seconds()))


def refresh_claims() -> tuple[uuid.UUID, uuid.UUID]:
    """Session id and jti of the request's refresh token. Raises what makes a 401."""
    verify_jwt_in_request(refresh=True)
    claims = get_jwt()
    return claim_uuid(claims, "sid"), claim_uuid(claims, "jti")


def session_claimed() -> uuid.UUID | None:
    """The session that either cookie speaks of, expired access tokens aside; None without a usable one."""
    for refresh in (False, True):
        try:
            verify_jwt_in_request(refresh=refresh)
            return claim_uuid(get_jwt(), "sid")
        except (PyJWTError, JWTExtendedException, InvalidToken):
            continue
    return None


def claim_uuid(claims: dict[str, Any], name: str) -> uuid.UUID:
    """A claim that must be a UUID. Raises InvalidToken."""
    try:
        return uuid.UUID(claims[name])
    except (KeyError, ValueError, TypeError, AttributeError):
        raise InvalidToken from None


def _refuse(error: ChatStreamError) -> Response:
    return problem(error.status, error.code, error.title, error.detail)
