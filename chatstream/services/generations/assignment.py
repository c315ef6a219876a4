"""What a generation needs to know, as plain values: nothing in here holds a database connection."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chatstream.services.webhook_call import WebhookCall


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The request that a generation came from, for error_logs."""

    request_id: str
    method: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One answer to be fetched and stored."""

    generation_id: uuid.UUID
    chat_id: uuid.UUID
    message_id: uuid.UUID
    team_id: uuid.UUID
    user_id: uuid.UUID
    user_role: str
    agent_id: uuid.UUID
    webhook_url: str
    webhook_token: str | None
    system_prompt: str
    config: Mapping[str, Any]
    history: Sequence[Mapping[str, str]]
    user_message: Mapping[str, Any]
    first_title: str | None = None
    """What the chat was named after this message, when it had no title before."""
    origin: Origin

    def owners(self) -> dict[str, Any]:
        """What a failure of it is told with in error_logs: the request, and whose it was."""
        return {
            "request_id": self.origin.request_id,
            "method": self.origin.method,
            "path": self.origin.path,
            "team_id": self.team_id,
            "user_id": self.user_id,
            "agent_id": self.agent_id,
            "chat_id": self.chat_id,
        }

    def webhook_call(self) -> WebhookCall:
        """The call that fetches the answer."""
        return WebhookCall(
            url=self.webhook_url,
            token=self.webhook_token,
            chat_id=str(self.chat_id),
            message_id=str(self.user_message["id"]),
            team_id=str(self.team_id),
            user_id=str(self.user_id),
            user_role=self.user_role,
            messages=self.history,
            system_prompt=self.system_prompt,
            config=self.config,
            request_id=self.origin.request_id,
        )
