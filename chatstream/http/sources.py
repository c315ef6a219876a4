"""Where a request came from, as services are told."""

from __future__ import annotations

import ipaddress

from flask import g, request

from chatstream.services.audit import Source


def source() -> Source:
    """The caller's address, as far as TRUSTED_PROXIES lets it be known, its user agent and the request's id."""
    return Source(
        ip=_address(request.remote_addr), user_agent=request.headers.get("User-Agent", ""), request_id=g.request_id
    )


def _address(text: str | None) -> str | None:
    """None for what is no address: over a unix socket there is none, and a proxy may have passed on nonsense."""
    try:
        return str(ipaddress.ip_address((text or "").partition("%")[0]))  # inet knows no zones
    except ValueError:
        return None
