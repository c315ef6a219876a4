"""The events in the log: every name that the code tells one by."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from chatstream.models.audit_event import ACTIONS
from devkit.reference.markdown import code, codes, explained, table

_PACKAGE: Final = Path(__file__).parent.parent.parent / "chatstream"

_TEXT = """## Log lines

With `LOG_FORMAT=json` each line is an object with `time`, `level` and `event`; then the fields of the event, and of the
request where there is one: `request_id`, `user_id`, `team_id`. What is not known is left out. An exception adds
`stack`. A line that is no event has `"event": "log"`, `logger` and `message`; from `warning` on it is kept in
error_logs as well.
"""
_ACTS = """
The acts of the [audit trail](#audit-trail) are events as well, by their names, with `target_type`, `target_id`,
`team_id` and `actor_id` (`cli` for the command line).
"""

EVENTS: Final[Mapping[str, tuple[tuple[str, ...], str]]] = {
    "auth_attempt": (
        ("kind", "outcome", "ip", "address_hash"),
        "A sign-in, registration, refresh, sign-out, change or reset of a password. `outcome` is `ok` or the code of "
        "the error; failures are warnings. The address is told as a keyed hash, where no account was found for it.",
    ),
    "chat_changed": (("chat_id", "fields"), "Title, metadata or archive mark of a chat; `fields` are the names."),
    "chat_created": (("chat_id", "agent_id"), "A chat was opened."),
    "chat_deleted": (
        ("chat_id",),
        "A chat was deleted. Of many at once there is the `request` alone.",
    ),
    "generation_ended": (
        ("generation_id", "chat_id", "agent_id", "outcome", "duration_ms", "first_token_ms", "chunks", "chars"),
        "An answer is stored. `outcome` is `complete`, `stopped`, `error` (with `error_code`), `interrupted`, or "
        "`abandoned` where the chat was deleted or another worker has closed it.",
    ),
    "generation_started": (("generation_id", "chat_id", "agent_id"), "A workflow is called."),
    "rate_limited": (("route", "limit", "ip"), "A call over a rate limit, or over the running answers of a user."),
    "request": (
        ("method", "route", "status", "duration_ms", "bytes"),
        "A request has ended; of a stream, its client has gone. With the ids that its path names (`agent_id`, "
        "`chat_id`, `target_user_id`, `generation_id`), and `follower` (`here`, `elsewhere`) for a stream. Good "
        "answers of `/healthz`, `/readyz` and `/metrics` are told with `LOG_LEVEL=debug` only.",
    ),
    "retention_applied": (("kind", "count", "kept_days"), "`flask maintenance` has deleted what was kept long enough."),
    "stream_opened": (("method", "route", "status", "generation_id"), "The headers of an event stream are sent."),
}
"""Name to fields and meaning."""


def section() -> str:
    """A table of events. Raises Unexplained."""
    names = explained(sorted(names_in_code()), EVENTS, where="log_events.EVENTS")
    rows = [(code(name), codes(EVENTS[name][0]), EVENTS[name][1]) for name in names]
    return f"{_TEXT}\n{table(('event', 'fields', 'when'), rows)}{_ACTS}"


def names_in_code() -> set[str]:
    """The names that ``chatstream.logs.event`` is called with, acts aside.

    Raises TypeError for a name that is worked out, anywhere but where acts are told.
    """
    found: set[str] = set()
    for path in _PACKAGE.rglob("*.py"):
        for call in _calls(ast.parse(path.read_text())):
            name = call.args[1]
            if isinstance(name, ast.Constant):
                found.add(str(name.value))
            elif path.name != "audit.py":
                raise TypeError(f"{path}:{call.lineno}: the name of an event is worked out")
    return found - set(ACTIONS)


def _calls(module: ast.Module) -> Iterator[ast.Call]:
    """Calls of ``event(log, …)`` and ``logs.event(log, …)``."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and len(node.args) >= 2 and ast.unparse(node.args[0]) == "log":
            called = ast.unparse(node.func)
            if called in ("event", "logs.event"):
                yield node
