"""The application, with a path that tells how its process collects garbage."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterable
from typing import Any

from wsgi import app

_inner = app.wsgi_app


def _telling(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    if environ["PATH_INFO"] != "/gc":
        return _inner(environ, start_response)
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({"enabled": gc.isenabled(), "frozen": gc.get_freeze_count()}).encode()]


app.wsgi_app = _telling  # type: ignore[method-assign]
