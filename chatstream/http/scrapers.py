"""Who may read the metrics: whoever has METRICS_TOKEN; without one, this machine alone.

A proxy on this machine asks in the name of others, and shows it by its headers: it is told nothing without the token.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Callable
from functools import wraps
from typing import Final, ParamSpec, TypeVar

from flask import current_app, request

from chatstream.errors import InvalidScraperToken, NotFound
from chatstream.services.clients import address_of

P = ParamSpec("P")
R = TypeVar("R")

PROXY_HEADERS: Final = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via")


def scrapers_only(view: Callable[P, R]) -> Callable[P, R]:
    """Raises InvalidScraperToken; NotFound where no token is set, to callers from elsewhere."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        token: str | None = current_app.config["METRICS_TOKEN"]
        if token is None:
            if not _is_from_here():
                raise NotFound
        elif not _has(token):
            raise InvalidScraperToken
        return view(*args, **kwargs)

    return guarded


def _is_from_here() -> bool:
    address = address_of(request.remote_addr)
    is_proxied = any(name in request.headers for name in PROXY_HEADERS)
    return address is not None and ipaddress.ip_address(address).is_loopback and not is_proxied


def _has(token: str) -> bool:
    scheme, _, sent = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(sent.strip().encode(errors="replace"), token.encode())
