"""The end of deleted chats, which servers bring about by and by."""

from __future__ import annotations

import time

from flask import Flask

from chatstream.services.purging import purge


def clear_away(app: Flask) -> None:
    """Take away what is left of deleted chats; waits for a server that is at it."""
    with app.app_context():
        while not purge():
            time.sleep(0.02)
