"""Rate limits at the place where the view says so: after the checks above it, before those below."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import current_app, g
from flask_limiter.util import get_remote_address

from chatstream.extensions import limiter
from chatstream.services.clients import network_of

View = TypeVar("View", bound=Callable[..., Any])

_MARK = "rate_setting"


def by_address() -> str:
    """The client's address, as far as TRUSTED_PROXIES lets it be known; of IPv6, what one subscriber holds."""
    address = get_remote_address()
    return network_of(address) or address


def by_user() -> str:
    """The signed-in user."""
    return str(g.principal.user_id)


def rate_limited(setting: str, *, scope: str, key: Callable[[], str]) -> Callable[[View], View]:
    """Count each call for ``key()`` against the rate in ``app.config[setting]``; over it, 429 with Retry-After."""
    limit = limiter.shared_limit(lambda: str(current_app.config[setting]), scope=scope, key_func=key)

    def decorate(view: View) -> View:
        limited = cast(View, limit(view))
        setattr(limited, _MARK, setting)
        return limited

    return decorate


def rate_setting_of(view: Any) -> str | None:
    """The setting whose rate a view keeps to, None where it has none."""
    setting: str | None = getattr(view, _MARK, None)
    return setting


def retry_after() -> int:
    """Whole seconds until the limit that was hit lets another call through."""
    limit = limiter.current_limit
    return max(1, int(limit.reset_at - time.time())) if limit else 1  # reset_at is rounded up already
