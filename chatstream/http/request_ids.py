"""Request ids: taken from a caller that sends a sane one, else made."""

from __future__ import annotations

import re
import uuid

from flask import Flask, Response, g, request

_SANE = re.compile(r"[A-Za-z0-9._-]{1,128}")


def init_request_ids(app: Flask) -> None:
    """Give each request ``g.request_id`` and each answer ``X-Request-ID``."""
    app.before_request(_take)
    app.after_request(_show)


def _take() -> None:
    sent = request.headers.get("X-Request-ID", "")
    g.request_id = sent if _SANE.fullmatch(sent) else uuid.uuid4().hex


def _show(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.get("request_id") or uuid.uuid4().hex
    return response
