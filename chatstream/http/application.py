"""The Flask application."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask


class Application(Flask):
    """Flask without coroutines: gevent's greenlets are what views wait in."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """``func``: Flask would look at it anew at each call of each view, hook and wrapper."""
        return func
