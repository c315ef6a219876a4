"""The single-page app at ``/``: ours, or the one in the folder that WEB_APP names."""

from __future__ import annotations

from flask import Blueprint, Response, current_app
from werkzeug.exceptions import NotFound

from chatstream.http import web_app
from chatstream.http.policy import public

bp = Blueprint("web_app", __name__)


@bp.route("/")
@public
def home() -> Response:
    """The app's page."""
    return web_app.page(current_app.config["WEB_APP_FOLDER"])


@bp.route("/<page:path>")
@public
def deep_link(path: str) -> Response:  # noqa: ARG001 (the app reads it)
    """The app's page again, for whoever comes by a link into it. Raises NotFound for programs."""
    if not web_app.wants_page():
        raise NotFound
    return web_app.page(current_app.config["WEB_APP_FOLDER"])


@bp.route("/assets/<path:name>")
@public
def asset(name: str) -> Response:
    """What the page is made of."""
    return web_app.asset(current_app.config["WEB_APP_FOLDER"], name)
