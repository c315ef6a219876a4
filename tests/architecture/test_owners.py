"""Every statement over what belongs to somebody names its owner, or it is known why it need not."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from flask import Flask
from sqlalchemy import text

from chatstream.extensions import db
from chatstream.models import Agent, AuditEvent, AuthSession, Chat, ErrorLog, Generation, Invite, PasswordReset, User
from chatstream.models.agent_avatar import AgentAvatar
from chatstream.models.generation_event import GenerationEvent
from chatstream.models.message_feedback import MessageFeedback
from chatstream.models.search_entry import SearchEntry

SERVICES = Path(__file__).parent.parent.parent / "chatstream" / "services"

OWNED = (
    *(Agent, AgentAvatar, AuditEvent, AuthSession, Chat, ErrorLog),
    *(Generation, GenerationEvent, Invite, MessageFeedback, PasswordReset, SearchEntry, User),
)
MODELS = {model.__name__ for model in OWNED}
TABLES = "|".join(model.__tablename__ for model in OWNED)
STATEMENTS = {"select", "update", "delete", "get", "get_one"}
OWNERS = {"user_id", "team_id"}

WITHOUT_OWNER = {
    # a row that the caller was found to own, in the same transaction
    "avatars.py:delete": "of the agent that _touch has found in the team, and locked",
    "generations/resuming.py:find_place": "in the chat that chats.get has found to be the caller's",
    "chats.py:running": "shown only with the chat, which is looked up as the caller's",
    "generations/stopping.py:stop_answers": "in chats that the caller was found to own",
    "chat_bulk.py:_archive": "the condition that act has made of the caller",
    "chat_bulk.py:_delete": "the condition that act has made of the caller",
    "transcripts/reading.py:length": "of a chat that chats.get has found to be the caller's",
    # the owner comes with what the caller hands over
    "accounts.py:get": "the id of the principal",
    "accounts.py:_update": "by the id of a principal, or of whom a password was verified for",
    "accounts.py:add": "the hash of the same address in any team, for its salt; nothing of it is told",
    "audit.py:record": "the actor's own address",
    "auth_sessions.py:rotate": "by the id and the secret of a signed token",
    "auth_sessions.py:_answer_again": "by the id and the secret of a signed token",
    "deleting.py:mark": "the callers say whose",
    "generations/outcomes.py:request_stop": "the callers say whose",
    "rights.py:_withdraw": "what these users have handed out",
    "error_logs.py:filtered": "page adds the team; newest is the operator's",
    "error_logs.py:get": "the operator's command",
    "feedback.py:_forget": "the rating of a message in a chat that rate has found to be the caller's, and locked",
    "generations/naming.py:_rename": "the chat whose answer was just stored",
    # no caller: the server looks after its own
    "generations/outcomes.py:any_running": "ids that request_stop has returned",
    "generations/outcomes.py:beat": "the worker's own generations",
    "generations/reaping.py:_lost": "generations that have lost their worker",
    "generations/reaping.py:_interrupt": "a generation that has lost its worker",
    "retention.py:_some": "by the rule that _is_due makes of the team",
    "purging.py:_oldest": "deleted chats, whoever they were of",
    "purging.py:_take_apart": "deleted chats, whoever they were of",
    "search/rebuilding.py:_lock_some": "the operator's command, over all chats",
    "search/rebuilding.py:rebuild": "the operator's command, over all chats",
    "token_keys.py:_rotate_one": "an agent that the operator's rotation has read",
}
"""``file:function`` to the reason."""

SEARCH = {f"search/{name}.py" for name in ("hits", "query", "rebuilding")}
"""By the caller; the last is the operator's."""
TRANSCRIPTS = {f"transcripts/{name}.py" for name in ("reading", "rewinding", "writing")}
BY_CHAT = {*TRANSCRIPTS, *SEARCH, "opened_chats.py", "shared_log/postgres.py"}
"""Statements as text: by the id of a chat or generation that the caller was found to own; the opened chat, its own."""

FUNCTIONS = {
    "generations/intake.py:generation_send": "by the caller, the user and the team alike",
    "generations/outcomes.py:generation_close": "the generation that ends, in its chat",
    "search/query.py:search_text": "no rows",
    "search/rebuilding.py:search_add_messages": "the operator's command, over all chats",
    "search/rebuilding.py:search_add_title": "the operator's command, over all chats",
    "transcripts/writing.py:transcript_append": "the chat that the caller was found to own",
    "transcripts/writing.py:transcript_seal": "the chat that the caller was found to own",
}
"""Functions of the database (migrations), and whose rows they touch."""


def functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    for path in sorted(SERVICES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                yield f"{path.relative_to(SERVICES)}:{node.name}", node


def asks_for_owned_rows(function: ast.FunctionDef) -> bool:
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", None)
            named = {part.id for value in node.args for part in ast.walk(value) if isinstance(part, ast.Name)}
            if (name in STATEMENTS and named & MODELS) or name == "request_stop":
                return True
    return False


def names_an_owner(function: ast.FunctionDef) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr in OWNERS for node in ast.walk(function))


def test_every_statement_names_an_owner_or_has_a_reason() -> None:
    asking = {place: function for place, function in functions() if asks_for_owned_rows(function)}
    assert len(asking) > 40
    assert {place for place, function in asking.items() if not names_an_owner(function)} == set(WITHOUT_OWNER)


def test_statements_as_text_are_in_few_places() -> None:
    pattern = re.compile(rf"\b(?:FROM|UPDATE|JOIN|INTO) (?:{TABLES})\b")
    found = {
        str(path.relative_to(SERVICES))
        for path in SERVICES.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and pattern.search(node.value)
    }
    assert found == BY_CHAT


def test_functions_of_the_database_are_called_in_few_places(app: Flask) -> None:
    with app.app_context():
        query = "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'"
        names = "|".join(db.session.scalars(text(query)).all())
    found = {
        f"{path.relative_to(SERVICES)}:{name}"
        for path in SERVICES.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for name in re.findall(rf"\b({names})\(", node.value)
    }
    assert found == set(FUNCTIONS)
