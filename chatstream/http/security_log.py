"""The security log: a line for each call that signs in or out or sets a password, and for each refusal of rights.

Whose address or password was tried is not in it: people type one into the field of the other.
"""

from __future__ import annotations

import logging
from typing import Final

from flask import Flask, Response, g, request

log = logging.getLogger(__name__)

REFUSALS: Final = frozenset({401, 403, 429})


def init_security_log(app: Flask) -> None:
    """Log what the answers say, under the logger's own name."""
    app.after_request(_note)


def _note(response: Response) -> Response:
    signs_in_or_out = request.method == "POST" and request.blueprint in ("auth", "password_resets")
    if signs_in_or_out or response.status_code in REFUSALS:
        caller = g.get("principal")
        log.info(
            "%s %s: %d, from %s, user %s",
            request.method,
            request.url_rule or request.path,
            response.status_code,
            request.remote_addr,
            caller.user_id if caller else "unknown",
        )
    return response
