"""Who may call a view. Every view says it with one of these decorators, right under its route.

A view without one keeps the application from starting: a forgotten check is a failure, not a leak.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Literal, ParamSpec, TypeVar

from flask import Flask, g

from chatstream.errors import AdminRequired, InvalidToken
from chatstream.http.tokens import access_claims
from chatstream.services.principal_cache import cache
from chatstream.services.principals import Principal

P = ParamSpec("P")
R = TypeVar("R")
Policy = Literal["public", "user", "admin"]

_MARK = "auth_policy"


def public(view: Callable[P, R]) -> Callable[P, R]:
    """Anybody may call."""
    setattr(view, _MARK, "public")
    return view


def signed_in(view: Callable[P, R]) -> Callable[P, R]:
    """Any active user with a live session. Raises Unauthenticated, InvalidToken."""
    return _guarded(view, "user")


def admin_only(view: Callable[P, R]) -> Callable[P, R]:
    """An admin of its own team. Raises Unauthenticated, InvalidToken, AdminRequired."""
    return _guarded(view, "admin")


def principal() -> Principal:
    """Who is calling; only under ``signed_in`` or ``admin_only``."""
    caller: Principal = g.principal
    return caller


def policy_of(view: Any) -> Policy | None:
    """What a view has said, None when nothing."""
    policy: Policy | None = getattr(view, _MARK, None)
    return policy


def require_policies(app: Flask) -> None:
    """Raise RuntimeError for the views that state no policy."""
    silent = [
        rule.endpoint for rule in app.url_map.iter_rules() if policy_of(app.view_functions[rule.endpoint]) is None
    ]
    if silent:
        raise RuntimeError(f"views without an auth policy: {', '.join(sorted(silent))}")


def _guarded(view: Callable[P, R], policy: Policy) -> Callable[P, R]:
    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        g.principal = _authenticate()
        if policy == "admin" and not g.principal.is_admin:
            raise AdminRequired
        return view(*args, **kwargs)

    setattr(guarded, _MARK, policy)
    return guarded


def _authenticate() -> Principal:
    claims = access_claims()
    caller = cache.find(claims.session_id, claims.user_id)
    if caller is None:
        raise InvalidToken
    return caller
