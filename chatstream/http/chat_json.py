"""Chats as JSON, straight from rows. ``schemas/chats.py`` documents the same; a test compares the two.

marshmallow takes as long for a list of chats as everything else together, and what the database holds as JSON needs no
reading.
"""

from __future__ import annotations

from typing import Any

from flask import Response
from orjson import Fragment, dumps

from chatstream.services.chats import ChatRow
from chatstream.services.clock import rfc3339
from chatstream.services.keyset import Page
from chatstream.services.opened_chats import OpenedChat


def page(chats: Page[ChatRow]) -> Response:
    """See schemas.ChatPage."""
    return _answer({"items": [_listed(chat) for chat in chats.items], "next_cursor": chats.next_cursor})


def opened(chat: OpenedChat) -> Response:
    """See schemas.OpenChat."""
    beyond = {
        "messages": Fragment(chat.messages),
        "has_more": chat.has_more,
        "versions": {key: {"n": turn.number, "count": turn.count} for key, turn in chat.versions.items()},
    }
    return _answer(_listed(chat.chat) | beyond)


def _listed(chat: ChatRow) -> dict[str, Any]:
    """See schemas.ListedChat."""
    return {
        "id": chat.id,
        "team_id": chat.team_id,
        "user_id": chat.user_id,
        "agent_id": chat.agent_id,
        "title": chat.title,
        "metadata": Fragment(chat.metadata),
        "is_archived": chat.is_archived,
        "message_count": chat.message_count,
        "created_at": rfc3339(chat.created_at),
        "updated_at": rfc3339(chat.updated_at),
        "generation": {"id": chat.running, "status": "running"} if chat.running else None,
    }


def _answer(document: dict[str, Any]) -> Response:
    return Response(dumps(document) + b"\n", mimetype="application/json")
