"""Teams, accounts and agents for tests, made straight in the database."""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass
from typing import Any

from flask import Flask

from chatstream.extensions import db
from chatstream.http.services import services
from chatstream.models import Agent, Team, User
from chatstream.models.user import Role
from chatstream.services.principals import Principal
from tests.support.settings import WEBHOOK_TOKEN

PASSWORD = "correct horse battery staple"

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can sign in with PASSWORD."""

    id: uuid.UUID
    team_id: uuid.UUID
    email: str
    role: str

    @property
    def principal(self) -> Principal:
        """What services are told of this account."""
        return Principal(user_id=self.id, team_id=self.team_id, session_id=uuid.uuid4(), role=self.role)


class World:
    """Makes what a test needs. Every call makes something new."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        with app.app_context():
            self._hash = services().accounts.hasher.hash(PASSWORD)

    def team(self, **fields: Any) -> uuid.UUID:
        """The id of a new team."""
        number = next(_numbers)
        return self._add(Team(**{"name": f"Team {number}", "slug": f"team-{number}", **fields}))

    def account(self, team_id: uuid.UUID | None = None, *, role: Role = "user", **fields: Any) -> Account:
        """A new account, in a team of its own unless one is given."""
        team_id = team_id or self.team()
        values = {"email": f"person-{next(_numbers)}@example.org", "name": "Person", **fields}
        user_id = self._add(User(team_id=team_id, role=role, password_hash=self._hash, **values))
        return Account(user_id, team_id, values["email"], role)

    def agent(self, team_id: uuid.UUID, webhook_url: str = "http://127.0.0.1:9/webhook/none", **fields: Any) -> str:
        """The id of a new agent, whose token is WEBHOOK_TOKEN."""
        with self._app.app_context():
            caller = Principal(user_id=uuid.uuid4(), team_id=team_id, session_id=uuid.uuid4(), role="admin")
            agent = Agent(**{"team_id": team_id, "name": "Agent", "webhook_url": webhook_url, **fields})
            db.session.add(agent)
            db.session.commit()
            services().agents.update(caller, agent.id, {"webhook_token": WEBHOOK_TOKEN})
            return str(agent.id)

    def change_agent(self, team_id: uuid.UUID, agent_id: str, **fields: Any) -> None:
        """Change fields of an agent, as an admin does."""
        with self._app.app_context():
            caller = Principal(user_id=uuid.uuid4(), team_id=team_id, session_id=uuid.uuid4(), role="admin")
            services().agents.update(caller, uuid.UUID(agent_id), fields)

    def _add(self, row: Any) -> uuid.UUID:
        with self._app.app_context():
            db.session.add(row)
            db.session.commit()
            key: uuid.UUID = row.id
            return key
