"""The acts of the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chatstream.models.audit_event import ACTIONS
from devkit.reference.markdown import code, explained, table

_TEXT = """## Audit trail

`GET /api/audit` has these acts of the caller's team, with who did it (`actor_id`, or the command line), whom or what it
was done to, from which address, and `details`. Rows are only ever added.
"""

MEANING: Final[Mapping[str, str]] = {
    "user_created": "an account was made by `flask user create` (who registers is not an act of administration)",
    "user_role_changed": "a member became an admin, or a user",
    "user_activated": "an account may sign in again",
    "user_deactivated": "an account may not sign in any more; its sessions and answers have ended",
    "user_password_set": "`flask user set-password`",
    "invite_created": "a way into the team was handed out",
    "invite_revoked": "it was taken back, or cleared away after its use",
    "invite_used": "somebody came in by it",
    "password_reset_issued": "an admin was given a token for a member who is locked out",
    "password_reset_used": "the member has set a password with it",
    "team_created": "`flask team create`",
    "team_changed": "name, registration or retention of the team",
    "team_deactivated": "`flask team deactivate`: nobody of the team may sign in",
    "agent_created": "an agent was set up",
    "agent_changed": "an agent was changed; `details` names the fields and not their values",
    "agent_deleted": "an agent was deleted; its chats stay readable",
}
"""What each act is."""


def section() -> str:
    """A table of acts. Raises Unexplained."""
    names = explained(ACTIONS, MEANING, where="audit_actions.MEANING")
    return f"{_TEXT}\n{table(('action', 'meaning'), [(code(name), MEANING[name]) for name in names])}"
