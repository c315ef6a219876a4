"""Flask's test client, closing each answer as a server does: a worker counts those that are open."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse


class ClosingClient(FlaskClient):
    """Reads each answer to its end, unless told ``buffered=False``."""

    def open(self, *args: Any, buffered: bool = True, **options: Any) -> TestResponse:
        """Send a request."""
        return super().open(*args, buffered=buffered, **options)
