"""What load balancers and operators ask."""

from __future__ import annotations

from flask import Blueprint, Response

from chatstream.http.policy import public
from chatstream.http.services import services

bp = Blueprint("operations", __name__)


@bp.route("/healthz")
@public
def healthz() -> Response:
    """200 while the process serves."""
    return Response("ok\n", content_type="text/plain; charset=utf-8")


@bp.route("/readyz")
@public
def readyz() -> Response:
    """200 when everything needed is there, else 503; one line a check."""
    checks = services().readiness.checks()
    lines = "".join(f"{check.name}: {check.word}\n" for check in checks)
    status = 200 if all(check.ok for check in checks) else 503
    return Response(lines, status=status, content_type="text/plain; charset=utf-8")
