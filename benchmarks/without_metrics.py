"""ChatStream that counts and logs nothing, to be measured against ChatStream by benchmarks/metrics.py. Not for use."""

from __future__ import annotations

import logging
from typing import Any

from prometheus_client import Counter, Gauge, Histogram

from chatstream import create_app


def _nothing(*_: Any, **__: Any) -> None:
    pass


for _kind, _methods in ((Counter, ("inc",)), (Gauge, ("inc", "dec", "set")), (Histogram, ("observe",))):
    for _method in _methods:
        setattr(_kind, _method, _nothing)

app = create_app()
logging.getLogger("chatstream").setLevel("CRITICAL")
