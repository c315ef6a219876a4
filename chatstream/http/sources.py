"""Where a request came from, as services are told."""

from __future__ import annotations

from flask import g, request

from chatstream.services.audit import Source
from chatstream.services.clients import address_of


def source() -> Source:
    """The caller's address, as far as TRUSTED_PROXIES lets it be known, its user agent and the request's id."""
    return Source(
        ip=address_of(request.remote_addr), user_agent=request.headers.get("User-Agent", ""), request_id=g.request_id
    )
