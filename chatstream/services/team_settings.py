"""What a team's admins decide for their team."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatstream.extensions import db
from chatstream.models import Team
from chatstream.services import audit, rights
from chatstream.services.principals import Principal


def get(principal: Principal) -> Team:
    """The caller's own team."""
    return db.session.get_one(Team, principal.team_id)


def change(principal: Principal, fields: Mapping[str, Any], *, source: audit.Source) -> Team:
    """Change the fields sent and no others. Raises AdminRequired."""
    rights.act_as_admin(principal)
    team = db.session.get_one(Team, principal.team_id, populate_existing=True)
    details = audit.differences({name: getattr(team, name) for name in fields}, fields)
    for name, value in fields.items():
        setattr(team, name, value)
    if details:
        audit.record("team_changed", team, actor_id=principal.user_id, source=source, details=details)
    db.session.commit()
    return team
