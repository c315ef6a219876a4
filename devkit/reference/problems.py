"""Error codes: of problem documents, of ``error`` events, and of error_logs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Final

from chatstream.errors import ChatStreamError, UpstreamError
from chatstream.http import failures
from chatstream.http.problems import CODES
from devkit.reference.markdown import code, explained, sentences, summary_of, table

_NGINX: Final = Path(__file__).parent.parent.parent / "deploy" / "nginx" / "chatstream.conf"

_TEXT = """## Error codes

A failed call answers with `application/problem+json`: `type`, `title`, `status`, `detail`, `code`, `request_id`, and
`errors` (field to reasons) with `validation_failed`, `teams` with `team_required`. Switch on `code`; `detail` is for
people. A status that is not below has the code `http_` and its number.
"""
_UPSTREAM = """### Failures of workflows

As `error` events of a stream; where the answer was asked for as JSON, as problems with this status; in the `code` of
`POST /api/agents/{agent_id}/test`; and in error_logs.
"""
_KEPT = """### Codes of error_logs only

`GET /api/error-logs` and `flask errors list` also have codes that no client sees:
"""

_REPEAT = "mend the request; sent again as it is, it fails again"
_LATER = "send it again after `Retry-After`"
_SIGN_IN = "ask for address and password"
_REFRESH = "`POST /api/auth/refresh` once and repeat the call; when that fails too, " + _SIGN_IN

CLIENT: Final[Mapping[str, str]] = {
    "bad_request": _REPEAT,
    "unauthenticated": _REFRESH,
    "invalid_credentials": "ask again; which part was wrong is not told",
    "invalid_token": _REFRESH,
    "token_reused": _SIGN_IN + ", and tell the user: somebody else may have had the session",
    "invalid_scraper_token": "send `Authorization: Bearer` and `METRICS_TOKEN`",
    "forbidden": "do not offer this here: a user's own password is changed with the old one",
    "admin_required": "do not offer this to users; look at `GET /api/auth/me` again",
    "cross_origin": "serve the page from this origin, or list its origin in `CORS_ORIGINS`",
    "csrf_token": "send the cookie `csrf_access_token` (for a refresh `csrf_refresh_token`) as `X-CSRF-TOKEN`",
    "not_found": "take it out of the view: it is gone, or was never the caller's",
    "team_not_found": "ask for another id, or for an invite",
    "invalid_invite": "ask for a new invite",
    "invalid_reset_token": "ask for a new token",
    "conflict": "read the thing again, then repeat what is still wanted",
    "email_taken": "sign in instead",
    "team_required": "let the user choose one of `teams`, and send its id as `team_id`",
    "last_admin": "make somebody else an admin first",
    "user_inactive": "activate the account first",
    "agent_unavailable": "show the chat as one that can only be read",
    "token_unreadable": "tell the admin to enter the agent's webhook token again",
    "generation_in_progress": "`GET /api/chats/{chat_id}/stream`, or stop it, then send",
    "body_too_large": "send less",
    "image_too_large": "send a smaller image",
    "unsupported_media_type": "send JSON as `application/json`, files as `multipart/form-data`",
    "unsupported_image": "send a PNG, JPEG, GIF or WebP",
    "validation_failed": "show `errors` at the fields",
    "rate_limited": _LATER,
    "too_many_streams": "wait until an answer has ended, or stop one",
    "unavailable": _LATER + "; a send with the same `Idempotency-Key`",
    "busy": _LATER,
    "internal_error": "tell the operator the `request_id`",
    "upstream_error": "offer to send it again",
    "upstream_unreachable": "offer to send it again",
    "upstream_refused": "tell the admin: token of the agent and credential in n8n differ",
    "upstream_not_found": "tell the admin: activate the workflow, use its production URL",
    "upstream_rate_limited": "offer to send it again in a while",
    "upstream_timeout": "offer to send it again",
    "upstream_reset": "offer to send it again",
    "upstream_invalid": "tell the admin: `POST /api/agents/{agent_id}/test` says what came",
    "upstream_empty": "tell the admin: streaming must be on in the webhook and in the agent node",
    "upstream_too_large": "offer to ask for a shorter answer",
    "webhook_blocked": "tell the admin: the host must be public, or on `WEBHOOK_ALLOWED_HOSTS`",
}
"""What a client does about a named failure."""

PROTOCOL: Final[Mapping[str, tuple[str, str]]] = {
    "method_not_allowed": ("The path does not take this method.", "use one of those that `Allow` lists"),
    "not_acceptable": ("Nothing of what `Accept` asks for can be sent.", _REPEAT),
    "request_timeout": ("The request did not arrive in time.", "send it again"),
    "length_required": ("The body says no length.", _REPEAT),
    "uri_too_long": ("The address is too long.", _REPEAT),
}
"""Codes that HTTP itself gives reason for, and no class of errors.py."""

PROXY: Final[Mapping[str, tuple[str, str]]] = {
    "bad_gateway": ("No node answered.", "look whether a write was done before it is sent again"),
    "gateway_timeout": ("A node did not answer in time.", "look whether a write was done before it is sent again"),
}
"""What the nginx of deploy/ says by itself."""

KEPT: Final[Mapping[str, str]] = {
    failures.DEGRADED: "A warning: something did not work and was gone round, or is tried again.",
    failures.JOB_FAILED: "An error in the background, outside of any request. With its stack for the operator.",
}


def section() -> str:
    """Three tables: problems, failures of workflows, and what error_logs has besides."""
    kinds = {kind.code: kind for kind in _tree(ChatStreamError)}
    upstream = {name: kind for name, kind in kinds.items() if issubclass(kind, UpstreamError)}
    explained(kinds, CLIENT, where="problems.CLIENT")
    explained(set(CODES.values()) - set(kinds), PROTOCOL, where="problems.PROTOCOL")
    explained(_of_nginx() - set(kinds), PROXY, where="problems.PROXY")
    rows = sorted([*_named({k: v for k, v in kinds.items() if k not in upstream}), *_of_protocol(), *_of_proxy()])
    head = ("status", "code", "meaning", "what a client does")
    return "\n".join(
        (
            _TEXT,
            table(head, rows),
            _UPSTREAM,
            table(head, sorted(_named(upstream))),
            _KEPT,
            table(("code", "meaning"), sentences(KEPT)),
        )
    )


def _tree(kind: type[ChatStreamError]) -> Iterator[type[ChatStreamError]]:
    """Every class with a code of its own."""
    yield kind
    for below in kind.__subclasses__():
        if below.__module__ == kind.__module__:
            yield from _tree(below)


def _named(kinds: Mapping[str, type[ChatStreamError]]) -> Iterator[tuple[str, ...]]:
    for name, kind in kinds.items():
        meaning = "The server failed; the failure was recorded." if kind is ChatStreamError else summary_of(kind)
        yield str(kind.status), code(name), meaning, CLIENT[name]


def _of_protocol() -> Iterator[tuple[str, ...]]:
    statuses = {name: status for status, name in CODES.items()}
    return ((str(statuses[name]), code(name), *words) for name, words in PROTOCOL.items())


def _of_proxy() -> Iterator[tuple[str, ...]]:
    statuses = {"bad_gateway": HTTPStatus.BAD_GATEWAY, "gateway_timeout": HTTPStatus.GATEWAY_TIMEOUT}
    for name, (meaning, advice) in PROXY.items():
        yield str(statuses[name].value), code(name), f"{meaning} Said by nginx.", advice


def _of_nginx() -> set[str]:
    (codes,) = re.findall(r"map \$status \$chatstream_code \{(.*?)\}", _NGINX.read_text(), re.DOTALL)
    return set(re.findall(r"(\w+);", codes))
