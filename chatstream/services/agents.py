"""Agents: what a team's admins set up and its users talk to."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select

from chatstream.errors import InvalidFields, NotFound, TokenUnreadable, WebhookBlocked
from chatstream.extensions import db
from chatstream.models import Agent, AgentAvatar, Generation
from chatstream.services import audit
from chatstream.services.generations.outcomes import request_stop
from chatstream.services.keyset import Page, newest_first
from chatstream.services.outbound import OutboundPolicy
from chatstream.services.principals import Principal
from chatstream.services.token_cipher import CipherError, TokenCipher

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Agents:
    """The agents of the caller's team; another team's are as if they did not exist (NotFound)."""

    cipher: TokenCipher
    policy: OutboundPolicy

    def page(
        self, principal: Principal, *, limit: int, cursor: str | None, include_inactive: bool = False
    ) -> Page[Agent]:
        """Newest first; inactive ones only where an admin asks for them. Raises InvalidFields (cursor)."""
        query = select(Agent).where(Agent.team_id == principal.team_id, Agent.deleted_at.is_(None))
        if not (include_inactive and principal.is_admin):
            query = query.where(Agent.is_active)
        return newest_first(query, instant=Agent.created_at, key=Agent.id, limit=limit, cursor=cursor)

    def get(self, principal: Principal, agent_id: uuid.UUID) -> Agent:
        """Raises NotFound, also for a deleted agent."""
        return self._owned(principal.team_id, agent_id)

    def create(self, principal: Principal, fields: Mapping[str, Any], *, source: audit.Source = audit.UNKNOWN) -> Agent:
        """Store an agent. Raises InvalidFields when the webhook's address is not allowed."""
        agent = Agent(team_id=principal.team_id, created_by=principal.user_id)
        self._fill(agent, fields)
        audit.record("agent_created", agent, actor_id=principal.user_id, source=source)
        db.session.commit()
        return agent

    def update(
        self,
        principal: Principal,
        agent_id: uuid.UUID,
        fields: Mapping[str, Any],
        *,
        source: audit.Source = audit.UNKNOWN,
    ) -> Agent:
        """Change the fields sent and no others. Raises NotFound, InvalidFields."""
        agent = self._owned(principal.team_id, agent_id, lock=True)
        agent.updated_at = func.now()
        changed = sorted(name for name, value in fields.items() if getattr(agent, name) != value)
        self._fill(agent, fields)
        if changed:  # their names only: some values are secret
            audit.record("agent_changed", agent, actor_id=principal.user_id, source=source, details={"fields": changed})
        db.session.commit()
        return agent

    def delete(self, principal: Principal, agent_id: uuid.UUID, *, source: audit.Source = audit.UNKNOWN) -> None:
        """Delete an agent and stop its answers. Its chats stay readable; its token and avatar go. Raises NotFound."""
        agent = self._owned(principal.team_id, agent_id, lock=True)
        agent.is_active = False
        agent.deleted_at = func.now()
        agent.webhook_token = None
        db.session.execute(delete(AgentAvatar).where(AgentAvatar.agent_id == agent.id))
        request_stop(Generation.agent_id == agent.id)
        audit.record("agent_deleted", agent, actor_id=principal.user_id, source=source)
        db.session.commit()

    def token_of(self, agent_id: uuid.UUID, sealed: str | None) -> str | None:
        """An agent's ``webhook_token`` in the clear. Raises TokenUnreadable when its key is gone."""
        if sealed is None:
            return None
        try:
            return self.cipher.decrypt(sealed, row=row_name(agent_id))
        except CipherError as error:
            log.error("the webhook token of agent %s can not be read: %s", agent_id, error)
            raise TokenUnreadable("Ask the admin of your team to enter the agent's webhook token again.") from None

    def _owned(self, team_id: uuid.UUID, agent_id: uuid.UUID, *, lock: bool = False) -> Agent:
        query = select(Agent).where(Agent.id == agent_id, Agent.team_id == team_id, Agent.deleted_at.is_(None))
        agent = db.session.scalar(query.with_for_update() if lock else query)
        if agent is None:
            raise NotFound("There is no such agent.")
        return agent

    def _fill(self, agent: Agent, fields: Mapping[str, Any]) -> None:
        plain = {name: value for name, value in fields.items() if name != "webhook_token"}
        if "webhook_url" in plain and plain["webhook_url"] != agent.webhook_url:
            self._check_address("webhook_url", plain["webhook_url"])
        title_webhook = plain.get("config", {}).get("title_webhook")
        if title_webhook is not None and title_webhook != (agent.config or {}).get("title_webhook"):
            self._check_address("config.title_webhook", title_webhook)
        for name, value in plain.items():
            setattr(agent, name, value)
        db.session.add(agent)
        db.session.flush()  # the row's id is part of what its token is encrypted with
        if "webhook_token" in fields:
            token = fields["webhook_token"]
            agent.webhook_token = self.cipher.encrypt(token, row=row_name(agent.id)) if token else None

    def _check_address(self, field: str, url: str) -> None:
        try:
            self.policy.check_url(url)
        except WebhookBlocked as blocked:
            raise InvalidFields({field: [blocked.said or blocked.detail]}) from None


def row_name(agent_id: uuid.UUID) -> str:
    """What an agent's token is bound to."""
    return f"agents/{agent_id}"


def describe(agent: Agent, *, to_admin: bool) -> dict[str, Any]:
    """The agent as a caller may see it: how it is wired is for admins, the token for nobody."""
    shown: dict[str, Any] = {
        "id": agent.id,
        "team_id": agent.team_id,
        "name": agent.name,
        "description": agent.description,
        "avatar_url": agent.avatar_etag and f"/api/agents/{agent.id}/avatar?v={agent.avatar_etag}",
        "is_active": agent.is_active,
        "created_by": agent.created_by,
        "created_at": agent.created_at,
        "updated_at": agent.updated_at,
    }
    if to_admin:
        shown |= {
            "webhook_url": agent.webhook_url,
            "has_webhook_token": agent.webhook_token is not None,
            "system_prompt": agent.system_prompt,
            "config": agent.config,
        }
    return shown
