"""Taking in what is asked: checked, stored and its generation opened in one transaction.

Locks are taken in the order chat, user, generation everywhere, so that a send and the end of an answer can not wait for
each other.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from chatstream.errors import AgentUnavailable, GenerationInProgress, NotFound, TooManyStreams
from chatstream.extensions import db
from chatstream.models import Agent, AuthSession, Chat, Generation, User
from chatstream.services import transcripts
from chatstream.services.agents import Agents
from chatstream.services.generations.asking import Ask
from chatstream.services.generations.assignment import Assignment, Origin
from chatstream.services.generations.idempotency import Key, Repeat, find_repeat
from chatstream.services.principals import Principal
from chatstream.services.titles import title_from

DEFAULT_HISTORY = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Opens generations. ``max_running``: answers that one user may have running; ``log_name``: where events go."""

    agents: Agents
    log_name: str
    max_running: int

    def accept(
        self,
        principal: Principal,
        chat_id: uuid.UUID,
        ask: Ask,
        *,
        origin: Origin,
        key: Key | None = None,
    ) -> Assignment | Repeat:
        """Store what is asked and open the generation that answers it; or find the one that ``key`` has opened.

        Raises NotFound, AgentUnavailable, TooManyStreams, GenerationInProgress, InvalidFields (it can not be asked, or
        the key was used for something else); then nothing is stored, since the session ends with the request.
        """
        chat, agent = self._lock(principal, chat_id)
        if key is not None and (repeat := find_repeat(chat.id, key)):
            db.session.rollback()
            return repeat
        if not agent.is_active:
            raise AgentUnavailable
        question = ask.question(chat.id)
        message = question.message
        generation_id, message_id = self._open(principal, chat, agent, message["id"], key)
        question.put(chat.id)
        first_title = None
        if chat.title is None:
            first_title = title_from(message["content"])
            db.session.execute(update(Chat).where(Chat.id == chat.id).values(title=first_title))
        limit = agent.config.get("history_limit", DEFAULT_HISTORY)
        assignment = Assignment(
            generation_id=generation_id,
            chat_id=chat.id,
            message_id=message_id,
            team_id=principal.team_id,
            user_id=principal.user_id,
            user_role=principal.role,
            agent_id=agent.id,
            webhook_url=agent.webhook_url,
            webhook_token=self.agents.token_of(agent),
            system_prompt=agent.system_prompt,
            config=agent.config,
            history=transcripts.history(chat.id, limit=limit),
            user_message=message,
            first_title=first_title,
            origin=origin,
        )
        db.session.commit()
        return assignment

    @staticmethod
    def _lock(principal: Principal, chat_id: uuid.UUID) -> tuple[Chat, Agent]:
        """The chat with its agent; chat and user stay locked to the end of the transaction."""
        row = db.session.execute(
            select(Chat, Agent)
            .join(Chat.agent)
            .join(User, User.id == Chat.user_id)
            .join(AuthSession, AuthSession.id == principal.session_id)
            .where(Chat.id == chat_id, Chat.user_id == principal.user_id, Chat.team_id == principal.team_id)
            .where(User.is_active, AuthSession.is_live())  # the caller may have been let in by an older look-up
            .with_for_update(of=[Chat, User], key_share=True)
        ).one_or_none()
        if row is None:
            raise NotFound("There is no such chat.")
        chat, agent = row
        return chat, agent

    def _open(
        self, principal: Principal, chat: Chat, agent: Agent, user_message_id: str, key: Key | None
    ) -> tuple[uuid.UUID, uuid.UUID]:
        opened = db.session.execute(
            insert(Generation)
            .values(
                chat_id=chat.id,
                user_id=principal.user_id,
                agent_id=agent.id,
                session_id=principal.session_id,
                user_message_id=user_message_id,
                idempotency_key=key.value if key else None,
                request_digest=key.digest if key else None,
                shared_log=self.log_name,
            )
            .on_conflict_do_nothing(index_elements=["chat_id"], index_where=Generation.status == "running")
            .returning(Generation.id, Generation.message_id)
        ).one_or_none()
        if opened is None:
            raise GenerationInProgress
        running = db.session.scalar(
            select(func.count())
            .select_from(Generation)
            .where(Generation.user_id == principal.user_id, Generation.status == "running")
        )
        if (running or 0) > self.max_running:
            raise TooManyStreams(f"At most {self.max_running} answers may run at once.", headers={"Retry-After": "5"})
        return opened[0], opened[1]
