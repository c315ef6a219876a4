"""The services of the current application, typed."""

from __future__ import annotations

from flask import current_app

from chatstream.services.container import Services


def services() -> Services:
    """Whatever ``create_app`` has put together."""
    found: Services = current_app.extensions["chatstream"]
    return found
