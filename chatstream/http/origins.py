"""Which pages may call: the browser says where a request comes from, by ``Sec-Fetch-Site`` and ``Origin``.

Cookies are SameSite=Strict, which still lets a sibling subdomain through; this check does not (OWASP CSRF Prevention
Cheat Sheet, "Fetch Metadata" and "Verifying Origin"). A client that sends neither header is not a browser and passes.
"""

from __future__ import annotations

import re

from flask import Flask, Response, current_app, request

from chatstream.errors import CrossOrigin

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def exactly(origin: str) -> re.Pattern[str]:
    """``origin`` for Flask-CORS, which compares text without case and takes an IPv6 host for an expression."""
    return re.compile(rf"{re.escape(origin)}\Z")


def init_origins(app: Flask) -> None:
    """Refuse unsafe methods from other origins; keep API answers out of caches."""
    app.before_request(_refuse_foreign)
    app.after_request(_no_store)


def _refuse_foreign() -> None:
    if request.method in SAFE_METHODS:
        return
    origin = request.headers.get("Origin")
    if origin is not None and origin in current_app.config["ALLOWED_ORIGINS"]:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:  # no page can forge it, and it holds behind proxies that hide our scheme from us
        allowed = site in ("same-origin", "none")
    else:
        allowed = origin is None or origin.lower() == request.host_url.rstrip("/").lower()
    if not allowed:
        raise CrossOrigin


def _no_store(response: Response) -> Response:
    if request.path.startswith("/api") and "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    return response
