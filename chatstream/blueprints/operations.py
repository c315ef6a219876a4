"""What load balancers and operators ask."""

from __future__ import annotations

from flask import Blueprint, Response, current_app

from chatstream.http.policy import public
from chatstream.http.scrapers import scrapers_only
from chatstream.http.services import services
from chatstream.metrics import scrape
from chatstream.services.offload import Offload

bp = Blueprint("operations", __name__)

_adding_up = Offload("metrics", threads=1, queue=4, busy="Too many ask for the metrics at once.")
"""With many workers it takes some tens of milliseconds, which streams shall not wait for."""


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


@bp.route("/metrics")
@public
@scrapers_only
def metrics() -> Response:
    """Prometheus metrics, summed over all workers; for callers on this machine, or whoever has METRICS_TOKEN."""
    folder = current_app.config["METRICS_FOLDER"]
    return Response(_adding_up.run(lambda: scrape.text(folder)), content_type=scrape.CONTENT_TYPE)
