"""Rate limits at the place where the view says so: after the checks above it, before those below."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import current_app, g
from flask_limiter.util import get_remote_address

from chatstream.extensions import limiter

P = ParamSpec("P")
R = TypeVar("R")


def by_address() -> str:
    """The client's address, as far as TRUSTED_PROXIES lets it be known."""
    return get_remote_address()


def by_user() -> str:
    """The signed-in user."""
    return str(g.principal.user_id)


def rate_limited(setting: str, *, scope: str, key: Callable[[], str]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Count each call for ``key()`` against the rate in ``app.config[setting]``; over it, 429 with Retry-After."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def limited(*args: P.args, **kwargs: P.kwargs) -> R:
            with limiter.shared_limit(current_app.config[setting], scope=scope, key_func=key):
                return view(*args, **kwargs)

        return limited

    return decorate


def retry_after() -> int:
    """Whole seconds until the limit that was hit lets another call through."""
    limit = limiter.current_limit
    return max(1, int(limit.reset_at - time.time())) if limit else 1  # reset_at is rounded up already
