"""Tokens in cookies: minted from a session's grant, read by Flask-JWT-Extended, refused in the one shape."""

from __future__ import annotations

import uuid
from typing import Any, cast

from flask import Flask, Response, current_app, request
from flask_jwt_extended import (
    create_access_token,
    create_refresh_token,
    decode_token,
    get_jwt,
    set_access_cookies,
    set_refresh_cookies,
    verify_jwt_in_request,
)
from flask_jwt_extended.exceptions import CSRFError, JWTExtendedException
from jwt import PyJWTError

from chatstream.errors import ChatStreamError, CsrfToken, InvalidToken, Unauthenticated
from chatstream.extensions import jwt
from chatstream.http.problems import problem
from chatstream.http.verified_tokens import Claims, VerifiedTokens
from chatstream.services.auth_sessions import RefreshGrant
from chatstream.services.signing_keys import SigningKeys

LEEWAY_S = 60
"""A node whose clock is half a minute ahead must not log anybody out."""

PREFIXES = {"none": ("", ""), "host": ("__Host-", "__Secure-")}
"""COOKIE_PREFIX: what stands before the names of the access and the refresh cookie. ``__Host-`` demands the path ``/``,
which the refresh token shall not have: it goes to /api/auth alone."""

CONFIG: dict[str, Any] = {
    "JWT_ALGORITHM": "HS256",
    "JWT_DECODE_ALGORITHMS": ["HS256"],
    "JWT_TOKEN_LOCATION": ["cookies"],
    "JWT_ACCESS_COOKIE_PATH": "/",
    "JWT_REFRESH_COOKIE_PATH": "/api/auth",
    "JWT_COOKIE_SAMESITE": "Strict",
    "JWT_SESSION_COOKIE": False,
    "JWT_DECODE_LEEWAY": LEEWAY_S,
    "JWT_ENCODE_ISSUER": "chatstream",
    "JWT_DECODE_ISSUER": "chatstream",
    "JWT_ENCODE_AUDIENCE": "chatstream",
    "JWT_DECODE_AUDIENCE": "chatstream",
}


def cookie_names(prefix: str) -> dict[str, str]:
    """The configuration of the cookies' names under a COOKIE_PREFIX."""
    access, refresh = PREFIXES[prefix]
    return {
        "JWT_ACCESS_COOKIE_NAME": f"{access}access_token",
        "JWT_REFRESH_COOKIE_NAME": f"{refresh}refresh_token",
        "JWT_ACCESS_CSRF_COOKIE_NAME": f"{access}csrf_access_token",
        "JWT_REFRESH_CSRF_COOKIE_NAME": f"{access}csrf_refresh_token",
    }


def init_tokens(app: Flask, keys: SigningKeys) -> None:
    """Sign and verify with ``keys``; answer every complaint of the library with a problem document."""
    app.extensions["signing_keys"] = keys
    app.extensions["verified_tokens"] = VerifiedTokens(leeway_s=LEEWAY_S)
    jwt.encode_key_loader(lambda _identity: _keys().signing_key)
    jwt.additional_headers_loader(lambda _identity: {"kid": _keys().signing_id})
    jwt.decode_key_loader(lambda header, _claims: _keys().verifying_key(header.get("kid")))
    jwt.unauthorized_loader(lambda _why: _refuse(Unauthenticated()))
    jwt.invalid_token_loader(lambda _why: _refuse(InvalidToken()))
    jwt.revoked_token_loader(lambda _header, _claims: _refuse(InvalidToken()))
    jwt.user_lookup_error_loader(lambda _header, _claims: _refuse(InvalidToken()))
    jwt.token_verification_failed_loader(lambda _header, _claims: _refuse(InvalidToken()))
    jwt.needs_fresh_token_loader(lambda _header, _claims: _refuse(InvalidToken()))
    jwt.expired_token_loader(lambda _header, _claims: _refuse(InvalidToken("The token has expired.")))
    app.register_error_handler(PyJWTError, lambda _error: _refuse(InvalidToken()))
    app.register_error_handler(CSRFError, lambda _error: _refuse(CsrfToken()))


def set_session_cookies(response: Response, grant: RefreshGrant) -> None:
    """Put both tokens of a session into cookies. The refresh token is a pure function of the grant."""
    identity = str(grant.user_id)
    issued_at, expires_at = int(grant.issued_at.timestamp()), int(grant.expires_at.timestamp())
    refresh_claims: dict[str, Any] = {
        "sid": str(grant.session_id),
        "jti": str(grant.jti),
        "iat": issued_at,
        "nbf": issued_at,
        "exp": expires_at,
    }
    if current_app.config["JWT_COOKIE_CSRF_PROTECT"]:
        refresh_claims["csrf"] = str(uuid.uuid5(grant.jti, "csrf"))
    access = create_access_token(identity, additional_claims={"sid": str(grant.session_id)})
    refresh = create_refresh_token(identity, additional_claims=refresh_claims)
    set_access_cookies(response, access, max_age=int(current_app.config["JWT_ACCESS_TOKEN_EXPIRES"].total_seconds()))
    set_refresh_cookies(response, refresh, max_age=expires_at - issued_at)


def access_claims() -> Claims:
    """What the request's access token says. Raises what makes a 401, or a 403 without its CSRF token."""
    config, verified = current_app.config, current_app.extensions["verified_tokens"]
    token = request.cookies.get(config["JWT_ACCESS_COOKIE_NAME"], "")
    if not config["JWT_COOKIE_CSRF_PROTECT"] and (known := verified.find(token)) is not None:
        return cast(Claims, known)
    verify_jwt_in_request()
    claims = get_jwt()
    if claims["type"] != "access":  # the library refuses refresh tokens, and takes any other type
        raise InvalidToken
    found = Claims(claim_uuid(claims, "sid"), claim_uuid(claims, "sub"), int(claims.get("exp", 0)))
    verified.keep(token, found)
    return found


def refresh_claims() -> tuple[uuid.UUID, uuid.UUID]:
    """Session id and jti of the request's refresh token. Raises what makes a 401, or a 403 without its CSRF token."""
    verify_jwt_in_request(refresh=True)
    claims = get_jwt()
    return claim_uuid(claims, "sid"), claim_uuid(claims, "jti")


def session_claimed() -> uuid.UUID | None:
    """The session that either cookie speaks of, expired access tokens aside; None without a usable one.

    Raises CSRFError where the double submit is switched on and does not fit.
    """
    for refresh in (False, True):
        try:
            verify_jwt_in_request(refresh=refresh)
            return claim_uuid(get_jwt(), "sid")
        except CSRFError:
            raise
        except (PyJWTError, JWTExtendedException, InvalidToken):
            continue
    return None


def session_shown() -> uuid.UUID | None:
    """The session of a token that a sign-in came with: no right follows from it, so no CSRF token is asked for."""
    for name in ("JWT_REFRESH_COOKIE_NAME", "JWT_ACCESS_COOKIE_NAME"):
        try:
            return claim_uuid(decode_token(request.cookies.get(current_app.config[name], "")), "sid")
        except (PyJWTError, JWTExtendedException, InvalidToken):
            continue
    return None


def claim_uuid(claims: dict[str, Any], name: str) -> uuid.UUID:
    """A claim that must be a UUID. Raises InvalidToken."""
    try:
        return uuid.UUID(claims[name])
    except (KeyError, ValueError, TypeError, AttributeError):
        raise InvalidToken from None


def _keys() -> SigningKeys:
    keys: SigningKeys = current_app.extensions["signing_keys"]
    return keys


def _refuse(error: ChatStreamError) -> Response:
    return problem(error.status, error.code, error.title, error.detail)
