"""Where a request comes from, as far as limits and sessions need to know."""

from __future__ import annotations

import ipaddress
import uuid
from dataclasses import dataclass

USER_AGENT_CHARS = 400


def address_of(text: str | None) -> str | None:
    """An IP address as the database takes it; None for what is none.

    Over a unix socket there is no address, and a proxy may pass on anything.
    """
    try:
        return str(ipaddress.ip_address((text or "").partition("%")[0]))  # inet knows no zones
    except ValueError:
        return None


def network_of(ip: str | None) -> str | None:
    """What one subscriber holds: an IPv4 address, or the /64 of an IPv6 one. None for what is no address."""
    try:
        address = ipaddress.ip_address(ip or "")
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address
    return str(ipaddress.ip_network((address, 64 if address.version == 6 else 32), strict=False))


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One caller. ``session_id`` is the session whose token came along, if one did; it may have ended."""

    ip: str | None
    user_agent: str = ""
    session_id: uuid.UUID | None = None

    @staticmethod
    def at(address: str | None, user_agent: str = "", session_id: uuid.UUID | None = None) -> Client:
        """A client at what should be an IP address."""
        return Client(ip=address_of(address), user_agent=user_agent[:USER_AGENT_CHARS], session_id=session_id)
