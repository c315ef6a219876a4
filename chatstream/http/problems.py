"""Errors in the one shape: ``application/problem+json`` (RFC 9457), whoever raised them."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus

from flask import Flask, Response, g, request
from flask_limiter import RateLimitExceeded
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from chatstream.errors import ChatStreamError, UpstreamError
from chatstream.extensions import db
from chatstream.http.rate_limits import retry_after
from chatstream.logs import event
from chatstream.metrics import instruments
from chatstream.services.shared_log.interface import SharedLogUnavailable

log = logging.getLogger(__name__)

CODES = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    408: "request_timeout",
    409: "conflict",
    411: "length_required",
    413: "body_too_large",
    414: "uri_too_long",
    415: "unsupported_media_type",
    422: "validation_failed",
    429: "rate_limited",
    500: "internal_error",
    503: "unavailable",
}
DETAILS = {
    404: "There is nothing at this path, or nothing that the caller may see.",
    405: "The path does not take this method; Allow lists those it takes.",
    413: "The body is larger than the server takes.",
}
"""Instead of werkzeug's words, which speak to people who type addresses."""


def problem(
    status: int,
    code: str,
    title: str,
    detail: str,
    *,
    extra: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem document. ``extra`` members never replace the standard ones."""
    g.problem_code = code
    body = {
        **(extra or {}),
        "type": f"urn:chatstream:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": g.get("request_id", ""),
    }
    response = Response(json.dumps(body) + "\n", status=status, content_type="application/problem+json")
    response.headers.update(dict(headers or {}))
    return response


def init_problems(app: Flask) -> None:
    """Turn every exception that leaves a view, routing or an extension into a problem document."""
    app.register_error_handler(ChatStreamError, _named)
    app.register_error_handler(RateLimitExceeded, _rate_limited)
    app.register_error_handler(PoolTimeout, _pool_empty)
    app.register_error_handler(SharedLogUnavailable, _log_away)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def _named(error: ChatStreamError) -> Response:
    if error.status == 429:
        _count_rate_limit_hit(error.detail)
    if error.status >= 500 and not isinstance(error, UpstreamError):  # those are kept with the answer
        log.warning("%s: %s", error.code, error.detail, extra={"code": error.code, "error": error})
    return problem(error.status, error.code, error.title, error.detail, extra=error.extra, headers=error.headers)


def _http(error: HTTPException) -> Response:
    if error.response is not None:  # a redirect of the router: an answer, not a failure
        return error.response  # type: ignore[return-value]
    status = error.code or 500
    headers = {
        name: value
        for name, value in error.get_headers()
        if name.lower() in ("allow", "retry-after", "www-authenticate")
    }
    code = CODES.get(status, f"http_{status}")
    detail = DETAILS.get(status) or error.description or error.name
    return problem(status, code, HTTPStatus(status).phrase, detail, headers=headers)


def _rate_limited(error: RateLimitExceeded) -> Response:
    seconds = str(retry_after())
    _count_rate_limit_hit(str(error.limit.limit))
    detail = f"At most {error.limit.limit}: try again in {seconds} s."
    return problem(429, CODES[429], "Too many requests", detail, headers={"Retry-After": seconds})


def _count_rate_limit_hit(limit: str) -> None:
    route = request.url_rule.rule if request.url_rule else ""
    instruments.RATE_LIMIT_HITS.labels(route).inc()
    event(log, "rate_limited", route=route, limit=limit, ip=request.remote_addr)


def _pool_empty(error: PoolTimeout) -> Response:
    return _unavailable("Every database connection is in use.", error)


def _log_away(error: SharedLogUnavailable) -> Response:
    return _unavailable("The log of running answers does not answer at the moment.", error)


def _database(error: DBAPIError) -> Response:
    db.session.rollback()
    sqlstate = getattr(error.orig, "pgcode", None) or ""
    if error.connection_invalidated or not sqlstate or sqlstate[:2] in ("08", "53", "55", "57", "40"):
        return _unavailable("The database does not answer at the moment.", error)
    return _unexpected(error)


def _unavailable(detail: str, error: Exception) -> Response:
    log.warning("%s (%s)", detail, type(error).__name__, extra={"code": CODES[503], "error": error})
    return problem(503, CODES[503], "Unavailable", detail, headers={"Retry-After": "1"})


def _unexpected(error: Exception) -> Response:
    db.session.rollback()
    log.critical("unhandled %s", type(error).__name__, exc_info=error, extra={"code": CODES[500]})
    return problem(500, CODES[500], "Internal error", "The server failed. The failure was recorded.")
