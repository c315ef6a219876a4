"""Whether Redis is there. Imported where it is configured: its client is a large package."""

from __future__ import annotations

import redis

from chatstream.services.health import Check


class RedisHealth:
    """Looks at the server behind ``url``, for at most a second."""

    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(url, socket_timeout=1.0, socket_connect_timeout=1.0)

    def check(self) -> Check:
        """Look now."""
        try:
            self._client.ping()
        except (redis.RedisError, OSError):
            return Check("redis", False, "does not answer")
        return Check("redis", True)
