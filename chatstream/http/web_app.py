"""The files of a built single-page app: one page for every path of its own, and assets that never change."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from flask import Flask, Response, request, send_from_directory
from werkzeug.exceptions import NotFound
from werkzeug.routing import BaseConverter

PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Images of other hosts are left out as well: an answer that shows one tells that host what it likes by the address."""

_NO_BUNDLE: Final = """\
ChatStream is running. Its web client is not built. (If `make run` has just begun, it is being built: reload this page.)

  make web            builds it (it needs Node 20 or newer, or brings one by pip)
  WEB_APP=/a/folder   serves a single-page app of your own
  WEB_APP=off         serves none

The API is described at /api/docs.
"""
_TYPES: Final = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
"""Ours, since what Python knows of types depends on the machine, and browsers are told not to guess."""
_ENCODINGS: Final = {"br": ".br", "gzip": ".gz"}
"""What the build has compressed, the smallest first."""


class PagePath(BaseConverter):
    """Paths that may be the app's own: whatever is under none of the prefixes that belong to the server."""

    regex = r"(?!(?:api|assets|docs-assets)(?:/|$)).+"
    part_isolating = False


def init_web_app(app: Flask) -> None:
    """Make the converter known; before the blueprint is registered."""
    app.url_map.converters["page"] = PagePath


def page(folder: Path) -> Response:
    """The app's page, asked for anew each time; plain words where there is none."""
    try:
        content = (folder / "index.html").read_bytes()
    except FileNotFoundError:
        return Response(_NO_BUNDLE, status=404, content_type="text/plain; charset=utf-8")
    response = Response(content, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    response.set_etag(hashlib.sha256(content).hexdigest()[:32])  # the same on every node, whenever it was built
    response.make_conditional(request)
    return response


def asset(folder: Path, name: str) -> Response:
    """A file with a hash in its name, as small as the client takes it. Raises NotFound."""
    kind = _TYPES.get(Path(name).suffix, "application/octet-stream")
    for encoding, suffix in _ENCODINGS.items():
        if request.accept_encodings[encoding] > 0:
            try:
                response = send_from_directory(folder / "assets", name + suffix, mimetype=kind)
            except NotFound:
                continue
            response.headers["Content-Encoding"] = encoding
            break
    else:
        response = send_from_directory(folder / "assets", name, mimetype=kind)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers["Vary"] = "Accept-Encoding"
    return response


def wants_page() -> bool:
    """Whether a browser asks for a page. One that asks for a script or an image takes anything, but names no HTML."""
    return any(kind == "text/html" and quality > 0 for kind, quality in request.accept_mimetypes)
