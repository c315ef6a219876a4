"""The OpenAPI document and a page to read it with, served from this host alone."""

from __future__ import annotations

from pathlib import Path

import flask_swagger_ui
from flask import Blueprint, Response, current_app, jsonify, send_from_directory

from chatstream.http.policy import public

DIST = Path(flask_swagger_ui.__file__).parent / "dist"
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Swagger UI writes inline styles; nothing else is loosened."""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>ChatStream API</title>
<link rel="stylesheet" href="/docs-assets/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs-assets/swagger-ui-bundle.js"></script>
<script src="/docs-assets/start.js"></script>
</body>
</html>
"""
_START = 'SwaggerUIBundle({url: "/api/openapi.json", dom_id: "#swagger-ui", deepLinking: true});\n'

bp = Blueprint("documentation", __name__)


@bp.route("/api/openapi.json")
@public
def openapi() -> Response:
    """The contract as OpenAPI."""
    return jsonify(current_app.extensions["openapi"].document)


@bp.route("/api/docs")
@public
def page() -> Response:
    """The contract to read and try."""
    answer = Response(_PAGE, content_type="text/html; charset=utf-8")
    answer.headers["Content-Security-Policy"] = PAGE_POLICY
    return answer


@bp.route("/docs-assets/start.js")
@public
def start() -> Response:
    """What starts the page; a file of its own, since inline scripts are not allowed."""
    return Response(_START, content_type="text/javascript; charset=utf-8")


@bp.route("/docs-assets/<any('swagger-ui.css', 'swagger-ui-bundle.js'):name>")
@public
def asset(name: str) -> Response:
    """Swagger UI's own files; outside /api, whose answers no cache may keep."""
    return send_from_directory(DIST, name, max_age=3600)
