"""Asking a workflow for a chat's title, when its first answer is stored (``config.title_webhook`` of the agent).

Nobody waits for it. A failure, or a title that the user has given meanwhile, leaves the chat as it is.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import update

from chatstream.errors import UpstreamError
from chatstream.extensions import db
from chatstream.models import Chat
from chatstream.services import error_logs
from chatstream.services.generations.assignment import Assignment
from chatstream.services.generations.generation import AppContext
from chatstream.services.n8n import N8nStreamer
from chatstream.services.titles import title_in
from chatstream.services.webhook_call import WebhookCall

LIMIT_S = 30.0
PROMPT = "Name this conversation in at most six words, in its own language. Answer with the name and nothing else."

log = logging.getLogger(__name__)


class Namer:
    """Names chats after their first answer."""

    def __init__(self, *, streamer: N8nStreamer, app_context: AppContext) -> None:
        self._streamer = streamer
        self._app_context = app_context

    def name(self, assignment: Assignment, answer: Mapping[str, Any]) -> None:
        """Ask for a title and store it, where the agent has a webhook for that and the chat has its first answer.

        Runs in a greenlet of its own; failures go to error_logs.
        """
        if assignment.first_title is None or not assignment.config.get("title_webhook"):
            return
        try:
            self._ask(assignment, answer)
        except Exception:
            log.exception("chat %s could not be named", assignment.chat_id)

    def _ask(self, assignment: Assignment, answer: Mapping[str, Any]) -> None:
        try:
            title = title_in(self._streamer.get_response(_call(assignment, answer)))
        except UpstreamError as failure:
            with self._app_context():
                _record(assignment, failure)
            return
        if title is not None:
            with self._app_context():
                _rename(assignment.chat_id, assignment.first_title, title)


def _call(assignment: Assignment, answer: Mapping[str, Any]) -> WebhookCall:
    url = str(assignment.config["title_webhook"])
    config = {name: value for name, value in assignment.config.items() if name != "request_format"}
    said = [assignment.user_message, answer]
    return WebhookCall(
        url=url,
        token=assignment.webhook_token if _origin(url) == _origin(assignment.webhook_url) else None,
        chat_id=str(assignment.chat_id),
        message_id=str(assignment.user_message["id"]),
        team_id=str(assignment.team_id),
        user_id=str(assignment.user_id),
        user_role=assignment.user_role,
        messages=[{name: message[name] for name in ("role", "content", "timestamp")} for message in said],
        system_prompt=PROMPT,
        config={**config, "idle_timeout_s": LIMIT_S, "total_timeout_s": LIMIT_S},
        request_id=assignment.origin.request_id,
    )


def _origin(url: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port: the agent's token goes to no other server than its own."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _rename(chat_id: uuid.UUID, before: str | None, title: str) -> None:
    db.session.execute(update(Chat).where(Chat.id == chat_id, Chat.title == before).values(title=title))
    db.session.commit()


def _record(assignment: Assignment, failure: UpstreamError) -> None:
    failed = error_logs.Failure(
        severity="warning",
        code=failure.code,
        message=f"The title webhook failed: {failure.said or failure.detail}",
        kind=["title", failure.said or ""],
        **assignment.owners(),
    )
    error_logs.record(failed)
    db.session.commit()
