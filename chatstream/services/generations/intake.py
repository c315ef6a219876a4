"""Taking in what is asked: checked, stored, its generation opened in one transaction. A new message is one statement.

Locks are taken in the order chat, user, generation everywhere, so that a send and the end of an answer can not wait for
each other.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from chatstream.errors import AgentUnavailable, GenerationInProgress, NotFound, TooManyStreams
from chatstream.extensions import db
from chatstream.services import transcripts, versions
from chatstream.services.agents import Agents
from chatstream.services.generations.asking import Ask, Question
from chatstream.services.generations.assignment import Assignment, Origin
from chatstream.services.generations.idempotency import Key, Repeat, repeated
from chatstream.services.principals import Principal
from chatstream.services.titles import title_from

DEFAULT_HISTORY = 50

_SEND = text("""
    SELECT generation_send(:chat_id, :user_id, :team_id, :session_id, :key, :digest, :log_name, :max_running, :message,
        :is_placed, :title, :default_history, :most_messages, :most_bytes)
""").bindparams(
    *(bindparam(name, type_=UUID) for name in ("chat_id", "user_id", "team_id", "session_id")),
    bindparam("message", type_=JSONB(none_as_null=True)),
)
"""A function of the database (migration 0014): what there is to ask with is found, and the generation opened."""


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
        the key was used for something else); then nothing is stored: the transaction ends with what raises, or with the
        request.
        """
        if not ask.looks_back:
            with db.engine.begin() as connection:
                return self._send(connection, principal, chat_id, ask.question(chat_id), origin, key)
        connection = db.session.connection()
        found = self._run(connection, principal, chat_id, key)
        if found.get("repeat"):
            db.session.rollback()
            return _repeat(chat_id, found, key)
        question = ask.question(chat_id)
        if question.replaces is not None:
            versions.set_aside(chat_id, question.replaces)
        accepted = self._send(connection, principal, chat_id, question, origin, key)
        db.session.commit()
        return accepted

    def _send(
        self,
        connection: Connection,
        principal: Principal,
        chat_id: uuid.UUID,
        question: Question,
        origin: Origin,
        key: Key | None,
    ) -> Assignment | Repeat:
        """As part of the connection's transaction, which is to be rolled back where this raises."""
        title = title_from(question.message["content"])
        sent = self._run(connection, principal, chat_id, key, question, title)
        if sent.get("repeat"):
            return _repeat(chat_id, sent, key)
        if sent.get("is_running"):
            raise GenerationInProgress
        if "generation_id" not in sent:
            raise TooManyStreams(f"At most {self.max_running} answers may run at once.", headers={"Retry-After": "5"})
        agent_id = uuid.UUID(sent["agent_id"])
        return Assignment(
            generation_id=uuid.UUID(sent["generation_id"]),
            chat_id=chat_id,
            message_id=uuid.UUID(sent["message_id"]),
            team_id=principal.team_id,
            user_id=principal.user_id,
            user_role=principal.role,
            agent_id=agent_id,
            webhook_url=sent["webhook_url"],
            webhook_token=self.agents.token_of(agent_id, sent["webhook_token"]),
            system_prompt=sent["system_prompt"],
            config=sent["config"],
            history=_told(sent["history"]),
            user_message=question.message,
            first_title=title if sent["title"] is None else None,
            origin=origin,
        )

    def _run(
        self,
        connection: Connection,
        principal: Principal,
        chat_id: uuid.UUID,
        key: Key | None,
        question: Question | None = None,
        title: str | None = None,
    ) -> dict[str, Any]:
        """Chat and user stay locked to the end of the transaction. Without a question that is all."""
        parameters = {
            "chat_id": chat_id,
            "user_id": principal.user_id,
            "team_id": principal.team_id,
            "session_id": principal.session_id,
            "key": key.value if key else None,
            "digest": key.digest if key else None,
            "log_name": self.log_name,
            "max_running": self.max_running,
            "message": question.message if question else None,
            "is_placed": question.is_last if question else False,
            "title": title,
            "default_history": DEFAULT_HISTORY,
            **transcripts.BOUND.parameters,
        }
        found: dict[str, Any] | None = connection.scalar(_SEND, parameters)
        if found is None:
            raise NotFound("There is no such chat.")
        if found.get("is_active") is False:
            raise AgentUnavailable
        return found


def _repeat(chat_id: uuid.UUID, found: Mapping[str, Any], key: Key | None) -> Repeat:
    assert key
    return repeated(chat_id, key, found["repeat"])


def _told(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """What a workflow is told of the chat: the messages that have text."""
    return [
        {"role": message["role"], "content": message["content"], "timestamp": message["timestamp"]}
        for message in messages
        if message["content"]
    ]
