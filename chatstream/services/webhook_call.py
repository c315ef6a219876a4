"""A question to a workflow, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chatstream.errors import UpstreamRefused
from chatstream.services.decoders import FormName
from chatstream.services.outbound import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookCall:
    """One question to a workflow.

    ``messages``: ``{"role", "content", "timestamp"}``, oldest first, the new message of the user last.
    ``config`` may hold ``request_format`` ("chatstream" or "n8n_chat"), ``idle_timeout_s`` and ``total_timeout_s``.
    """

    url: str
    token: str | None
    chat_id: str
    message_id: str
    team_id: str
    user_id: str
    user_role: str
    messages: Sequence[Mapping[str, str]]
    system_prompt: str | None
    config: Mapping[str, Any]
    request_id: str | None = None
    trace_headers: Mapping[str, str] = field(default_factory=dict)

    def payload(self) -> dict[str, Any]:
        """The body of the POST, as JSON values."""
        if self.config.get("request_format") == "n8n_chat":
            question = self.messages[-1]["content"] if self.messages else ""
            return {"action": "sendMessage", "sessionId": self.chat_id, "chatInput": question}
        return {
            "messages": [dict(message) for message in self.messages],
            "system_prompt": self.system_prompt,
            "config": dict(self.config),
            "session_id": self.chat_id,
            "message_id": self.message_id,
            "user": {"id": self.user_id, "role": self.user_role},
            "team_id": self.team_id,
        }

    def headers(self) -> dict[str, str]:
        """Raises UpstreamRefused for a token that no header can carry."""
        headers = {
            "Accept": "application/json, text/event-stream, text/plain;q=0.9, */*;q=0.1",
            "Accept-Encoding": "identity",  # a compressor between us and n8n would hold pieces back
            "Connection": "close",
            "Content-Type": "application/json",
            "User-Agent": "ChatStream",
        }
        if self.token:
            if not (self.token.isascii() and self.token.isprintable()):
                raise UpstreamRefused("The token has characters that can not be sent.")
            headers["Authorization"] = f"Bearer {self.token}"
        if self.request_id and self.request_id.isascii() and self.request_id.isprintable():
            headers["X-Request-ID"] = self.request_id
        return {**headers, **self.trace_headers}


@dataclass(slots=True)
class Trace:
    """What became of a call, besides the text of its answer."""

    line: Line | None = None
    """None where the form of the address forbade to try."""
    status_code: int | None = None
    form: FormName | None = None
    first_byte_s: float | None = None
    """From the start of the call to the first byte of the body: n8n sends the head before it has anything to say."""
    head: bytes | None = None
    """What was read first of the body, where the caller put an empty one here."""
