"""Demo data: a team, two accounts and an agent. Made once; a second time changes nothing that people changed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import select

from chatstream.extensions import db
from chatstream.models import Agent, Team, User
from chatstream.models.user import Role
from chatstream.services.accounts import Accounts
from chatstream.services.agents import Agents
from chatstream.services.principals import Principal
from chatstream.services.teams import create_team

TEAM, SLUG, AGENT = "Demo", "demo", "Demo agent"
ADMIN = ("admin@demo.example", "demo-admin-password")
USER = ("user@demo.example", "demo-user-password")

_SIMULATOR = re.compile(r"^http://127\.0\.0\.1:\d+/webhook/demo$")
"""Where the simulated n8n listens; its port may change from start to start."""


@dataclass(frozen=True, slots=True)
class Demo:
    """Makes the demo data, with the services that guard real data."""

    accounts: Accounts
    agents: Agents

    def seed(self, *, webhook_url: str, webhook_token: str | None) -> Team:
        """Make whatever is missing. The agent follows the simulator's address unless it was pointed elsewhere.

        Raises InvalidFields when the address is not allowed.
        """
        team = db.session.scalar(select(Team).where(Team.slug == SLUG)) or create_team(TEAM, slug=SLUG)
        admin = self._account(team, ADMIN, "Demo admin", "admin")
        self._account(team, USER, "Demo user", "user")
        self._agent(team, admin, {"webhook_url": webhook_url, "webhook_token": webhook_token})
        return team

    def _account(self, team: Team, login: tuple[str, str], name: str, role: Role) -> User:
        email, password = login
        user = db.session.scalar(select(User).where(User.team_id == team.id, User.email == email))
        return user or self.accounts.create(email=email, password=password, team_id=team.id, name=name, role=role)

    def _agent(self, team: Team, admin: User, wiring: dict[str, str | None]) -> None:
        caller = Principal(user_id=admin.id, team_id=team.id, session_id=admin.id, role="admin")
        agent = db.session.scalar(
            select(Agent).where(Agent.team_id == team.id, Agent.name == AGENT).order_by(Agent.created_at).limit(1)
        )
        if agent is None:
            about = {
                "name": AGENT,
                "description": "Answered by the simulated n8n. Say 'help' to see what it can do.",
                "system_prompt": "You are a friendly demo.",
            }
            self.agents.create(caller, {**about, **wiring})
        elif agent.deleted_at is None and _SIMULATOR.match(agent.webhook_url):
            self.agents.update(caller, agent.id, wiring)
