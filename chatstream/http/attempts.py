"""Attempts to prove who one is: each is an event of its own, and counted by its outcome.

An address is never told: whoever reads logs would learn who has an account. Its keyed hash tells attempts on one
address apart from those on another, and can not be tried out without the key.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from typing import Final

from flask import Flask, Response, current_app, g, request

from chatstream.http.access import context, note
from chatstream.logs import event
from chatstream.metrics import instruments
from chatstream.models import User
from chatstream.services.accounts import normal_email

log = logging.getLogger(__name__)

KINDS: Final = {
    "auth.login": "login",
    "auth.register": "register",
    "auth.refresh": "refresh",
    "auth.logout": "logout",
    "auth.change_password": "password_change",
    "password_resets.use": "password_reset",
}
"""Which views take attempts."""

HASH_CHARS: Final = 16


def init_attempts(app: Flask, *, secret: str) -> None:
    """Tell of each attempt at ``app``. Addresses are hashed with a key made from ``secret``."""
    app.extensions["address_key"] = hmac.digest(secret.encode(), b"addresses in logs", hashlib.sha256)
    app.after_request(_tell)


def made_with(address: str) -> None:
    """The current attempt names this email address."""
    key: bytes = current_app.extensions["address_key"]
    g.address_hash = hmac.new(key, normal_email(address).encode(), hashlib.sha256).hexdigest()[:HASH_CHARS]


def made_by(user: User) -> User:
    """The current attempt has turned out to be this user's; returns the user."""
    note(user_id=user.id, team_id=user.team_id)
    return user


def _tell(response: Response) -> Response:
    kind = KINDS.get(request.endpoint or "")
    if kind is not None and request.method == "POST":
        outcome = "ok" if response.status_code < 400 else g.get("problem_code", "unknown")
        instruments.AUTH_ATTEMPTS.labels(kind, outcome).inc()
        who = {**context(), **g.get("noted", {})}
        if who.get("user_id") is None:
            who["address_hash"] = g.get("address_hash")
        level = logging.INFO if outcome == "ok" else logging.WARNING
        event(log, "auth_attempt", level=level, kind=kind, outcome=outcome, ip=request.remote_addr, **who)
    return response
