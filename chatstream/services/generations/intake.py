"""Taking in what is asked: checked, stored and its generation opened in one transaction.

Locks are taken in the order chat, user, generation everywhere, so that a send and the end of an answer can not wait for
each other.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from chatstream.errors import AgentUnavailable, GenerationInProgress, NotFound, TooManyStreams
from chatstream.extensions import db
from chatstream.services.agents import Agents
from chatstream.services.generations.asking import Ask
from chatstream.services.generations.assignment import Assignment, Origin
from chatstream.services.generations.idempotency import Key, Repeat, find_repeat
from chatstream.services.principals import Principal
from chatstream.services.titles import title_from

DEFAULT_HISTORY = 50

_LOCK = text("""
    SELECT chats.title, agents.id AS agent_id, agents.is_active, agents.webhook_url, agents.webhook_token,
        agents.system_prompt, agents.config
    FROM chats
    JOIN agents ON agents.id = chats.agent_id
    JOIN users ON users.id = chats.user_id
    JOIN auth_sessions ON auth_sessions.user_id = users.id
    WHERE chats.id = :chat_id AND chats.user_id = :user_id AND chats.team_id = :team_id AND chats.deleted_at IS NULL
        -- the caller may have been let in by an older look-up
        AND users.is_active
        AND auth_sessions.id = :session_id AND auth_sessions.revoked_at IS NULL AND auth_sessions.expires_at > now()
    FOR NO KEY UPDATE OF chats, users
""").columns(agent_id=UUID, config=JSONB)

_OPEN = (
    text("""
    WITH running AS (
        SELECT count(*) AS answers, count(*) FILTER (WHERE chat_id = :chat_id) > 0 AS is_here
        FROM generations WHERE status = 'running' AND user_id = :user_id
    ), opened AS (
        INSERT INTO generations (chat_id, user_id, agent_id, session_id, user_message_id, idempotency_key,
            request_digest, shared_log)
        SELECT :chat_id, :user_id, :agent_id, :session_id, CAST(:user_message_id AS uuid), :idempotency_key,
            :request_digest, :shared_log
        FROM running WHERE answers < :max_running
        ON CONFLICT (chat_id) WHERE status = 'running' DO NOTHING
        RETURNING id, message_id
    )
    SELECT opened.id, opened.message_id, running.is_here AS is_running FROM running LEFT JOIN opened ON true
""")
    .bindparams(*(bindparam(name, type_=UUID) for name in ("chat_id", "user_id", "agent_id", "session_id")))
    .columns(id=UUID, message_id=UUID)
)


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
        found = _lock(principal, chat_id)
        if key is not None and (repeat := find_repeat(chat_id, key)):
            db.session.rollback()
            return repeat
        if not found.is_active:
            raise AgentUnavailable
        question = ask.question(chat_id)
        message = question.message
        generation_id, message_id = self._open(principal, chat_id, found.agent_id, message["id"], key)
        first_title = title_from(message["content"]) if found.title is None else None
        limit = found.config.get("history_limit", DEFAULT_HISTORY)
        history = question.put(chat_id, title=first_title, limit=limit)
        assignment = Assignment(
            generation_id=generation_id,
            chat_id=chat_id,
            message_id=message_id,
            team_id=principal.team_id,
            user_id=principal.user_id,
            user_role=principal.role,
            agent_id=found.agent_id,
            webhook_url=found.webhook_url,
            webhook_token=self.agents.token_of(found.agent_id, found.webhook_token),
            system_prompt=found.system_prompt,
            config=found.config,
            history=_told(history),
            user_message=message,
            first_title=first_title,
            origin=origin,
        )
        db.session.commit()
        return assignment

    def _open(
        self, principal: Principal, chat_id: uuid.UUID, agent_id: uuid.UUID, user_message_id: str, key: Key | None
    ) -> tuple[uuid.UUID, uuid.UUID]:
        opened = db.session.execute(
            _OPEN,
            {
                "chat_id": chat_id,
                "user_id": principal.user_id,
                "agent_id": agent_id,
                "session_id": principal.session_id,
                "user_message_id": user_message_id,
                "idempotency_key": key.value if key else None,
                "request_digest": key.digest if key else None,
                "shared_log": self.log_name,
                "max_running": self.max_running,
            },
        ).one()
        if opened.is_running:
            raise GenerationInProgress
        if opened.id is None:
            raise TooManyStreams(f"At most {self.max_running} answers may run at once.", headers={"Retry-After": "5"})
        return opened.id, opened.message_id


def _lock(principal: Principal, chat_id: uuid.UUID) -> Row[Any]:
    """What the chat has to be asked with; chat and user stay locked to the end of the transaction."""
    parameters = {
        "chat_id": chat_id,
        "user_id": principal.user_id,
        "team_id": principal.team_id,
        "session_id": principal.session_id,
    }
    row = db.session.execute(_LOCK, parameters).one_or_none()
    if row is None:
        raise NotFound("There is no such chat.")
    return row


def _told(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """What a workflow is told of the chat: the messages that have text."""
    return [
        {"role": message["role"], "content": message["content"], "timestamp": message["timestamp"]}
        for message in messages
        if message["content"]
    ]
