"""Probes: one message to an agent's workflow, to see whether it answers and how."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from chatstream.errors import TokenUnreadable, UpstreamError
from chatstream.extensions import db
from chatstream.models import Agent
from chatstream.services.agents import Agents
from chatstream.services.clock import now, rfc3339
from chatstream.services.diagnosis import Observation, explain
from chatstream.services.n8n import N8nStreamer
from chatstream.services.principals import Principal
from chatstream.services.upstream_errors import cleaned
from chatstream.services.webhook_call import WebhookCall

LIMIT_S = 30.0
QUESTION = "This is a test of the connection. Please count from one to twenty, in words."
"""Any model answers it in more than one token, or streaming could not be seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probes:
    """Tests the agents of the caller's team; another team's are as if they did not exist (NotFound)."""

    agents: Agents
    streamer: N8nStreamer

    def run(self, principal: Principal, agent_id: uuid.UUID, *, request_id: str) -> dict[str, Any]:
        """Send one message and say what came of it, within 30 s; nothing is stored. Raises NotFound."""
        agent = self.agents.get(principal, agent_id)
        try:
            call = self._call(principal, agent, request_id)
        except TokenUnreadable as unreadable:
            return _unsent(unreadable)
        finally:
            db.session.rollback()  # a probe may take long: no connection is held in the meantime
        return _report(self._observe(call), call)

    def _call(self, principal: Principal, agent: Agent, request_id: str) -> WebhookCall:
        limits = {name: min(agent.config.get(name, LIMIT_S), LIMIT_S) for name in ("idle_timeout_s", "total_timeout_s")}
        return WebhookCall(
            url=agent.webhook_url,
            token=self.agents.token_of(agent.id, agent.webhook_token),
            chat_id=str(uuid.uuid4()),
            message_id=str(uuid.uuid4()),
            team_id=str(principal.team_id),
            user_id=str(principal.user_id),
            user_role=principal.role,
            messages=[{"role": "user", "content": QUESTION, "timestamp": rfc3339(now())}],
            system_prompt=agent.system_prompt,
            config={**agent.config, **limits},
            request_id=request_id,
        )

    def _observe(self, call: WebhookCall) -> Observation:
        seen = Observation(call.url, has_token=call.token is not None)
        started = time.monotonic()
        try:
            for piece in self.streamer.stream_response(call, seen.trace):
                seen.take(piece, time.monotonic() - started)
        except UpstreamError as failure:
            seen.end(time.monotonic() - started, failure)
        else:
            seen.end(time.monotonic() - started)
        return seen


def _report(seen: Observation, call: WebhookCall) -> dict[str, Any]:
    report = {
        "ok": seen.failure is None,
        "detail": explain(seen),
        "status_code": seen.trace.status_code,
        "format": seen.trace.form,
        "streaming": seen.failure is None and seen.chunks > 1,
        "chunks": seen.chunks,
        "time_to_first_byte_ms": _ms(seen.trace.first_byte_s),
        "total_ms": _ms(seen.total_s),
        "sample": cleaned(seen.text, token=call.token, host=urlsplit(call.url).hostname),
    }
    return report if seen.failure is None else {**report, "code": seen.failure.code}


def _unsent(why: TokenUnreadable) -> dict[str, Any]:
    return {
        "ok": False,
        "code": why.code,
        "detail": "The agent's webhook token can not be decrypted, because its key is gone: enter the token again.",
        "status_code": None,
        "format": None,
        "streaming": False,
        "chunks": 0,
        "time_to_first_byte_ms": None,
        "total_ms": 0,
        "sample": None,
    }


def _ms(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)
