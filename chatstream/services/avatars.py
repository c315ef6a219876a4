"""Avatars of agents: one each, drawn anew from what was uploaded."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from chatstream.errors import NotFound, TooLarge
from chatstream.extensions import db
from chatstream.models import Agent, AgentAvatar
from chatstream.services.agents import Agents
from chatstream.services.offload import Offload
from chatstream.services.pictures import square_webp
from chatstream.services.principals import Principal

MAX_BYTES = 2 << 20
QUEUE = 8
"""Pictures that may wait or be drawn at once in a worker, one at a time: each takes up to 0.6 s and 2 MiB to wait."""


def _one_at_a_time() -> Offload:
    return Offload("pictures", threads=1, queue=QUEUE, busy="Too many pictures at once; try again in a moment.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Avatars:
    """The avatars of the caller's team; another team's are as if they did not exist (NotFound)."""

    agents: Agents
    offload: Offload = field(default_factory=_one_at_a_time)

    def replace(self, principal: Principal, agent_id: uuid.UUID, upload: bytes) -> Agent:
        """Draw the agent's avatar from an uploaded file, in place of the one it had; returns the agent.

        Raises NotFound, TooLarge (over 2 MiB), ImageTooLarge, UnsupportedImage, Busy.
        """
        if len(upload) > MAX_BYTES:
            raise TooLarge(f"An avatar is a file of at most {MAX_BYTES >> 20} MiB.")
        self.agents.get(principal, agent_id)
        db.session.rollback()  # drawing takes a while: no connection is held in the meantime
        content = self.offload.run(lambda: square_webp(upload))
        self._touch(principal, agent_id)
        drawn = {"content": content, "etag": hashlib.sha256(content).hexdigest()[:32], "created_at": func.now()}
        db.session.execute(
            insert(AgentAvatar)
            .values(agent_id=agent_id, **drawn)
            .on_conflict_do_update(index_elements=["agent_id"], set_=drawn)
        )
        db.session.commit()
        return self.agents.get(principal, agent_id)

    def get(self, principal: Principal, agent_id: uuid.UUID) -> AgentAvatar:
        """Raises NotFound, also for an agent without one."""
        avatar = db.session.scalar(
            select(AgentAvatar)
            .join(Agent, Agent.id == AgentAvatar.agent_id)
            .where(Agent.id == agent_id, Agent.team_id == principal.team_id, Agent.deleted_at.is_(None))
        )
        if avatar is None:
            raise NotFound("There is no such avatar.")
        return avatar

    def delete(self, principal: Principal, agent_id: uuid.UUID) -> None:
        """Raises NotFound, also for an agent without one."""
        self._touch(principal, agent_id)
        gone = db.session.scalar(
            delete(AgentAvatar).where(AgentAvatar.agent_id == agent_id).returning(AgentAvatar.agent_id)
        )
        if gone is None:
            db.session.rollback()
            raise NotFound("There is no such avatar.")
        db.session.commit()

    @staticmethod
    def _touch(principal: Principal, agent_id: uuid.UUID) -> None:
        """The agent changes with its avatar, and is locked until the commit: it can not be deleted meanwhile."""
        found = db.session.scalar(
            update(Agent)
            .where(Agent.id == agent_id, Agent.team_id == principal.team_id, Agent.deleted_at.is_(None))
            .values(updated_at=func.now())
            .returning(Agent.id)
        )
        if found is None:
            raise NotFound("There is no such agent.")
