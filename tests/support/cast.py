"""Everybody who may come to a route: those whose data are behind it, and those who have no business there."""

from __future__ import annotations

import io
import uuid
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

import requests
from flask import Flask
from PIL import Image
from sqlalchemy import func

from chatstream.extensions import db
from chatstream.http.services import services
from chatstream.models import AuthSession, Chat, Invite
from chatstream.services import audit, password_resets, transcripts
from chatstream.services.clock import now, rfc3339
from chatstream.services.one_time_tokens import new_token, token_hash
from tests.support.person import Person
from tests.support.server import Server
from tests.support.world import Account, World

CALLERS = ("owner", "peer", "admin", "foreigner", "foreign admin", "nobody", "deactivated", "demoted", "signed out")


@dataclass(frozen=True, slots=True)
class Things:
    """What there is behind the ids of routes, all of it the owner's or its team's."""

    ids: dict[str, str]
    """By the name that a route or a body has for it."""

    def absent(self) -> Things:
        """The same, but nothing of it is there."""
        return Things({name: str(uuid.uuid4()) if _is_id(value) else value for name, value in self.ids.items()})

    def fill(self, template: Any) -> Any:
        """``template`` with ``{name}`` replaced wherever it stands in a text."""
        if isinstance(template, str):
            return template.format(**self.ids)
        if isinstance(template, dict):
            return {name: self.fill(value) for name, value in template.items()}
        if isinstance(template, list):
            return [self.fill(value) for value in template]
        return template


class Cast:
    """Two teams, and the callers of CALLERS signed in at a server.

    ``deactivated`` and ``demoted`` were admins of the team when they signed in; ``signed out`` is the owner, in a
    session that was revoked.
    """

    def __init__(self, app: Flask, world: World, server: Server, webhook: str) -> None:
        self._app = app
        self._world = world
        self._server = server
        self._webhook = webhook
        self._stack = ExitStack()
        self.team, self.foreign_team = world.team(), world.team()
        self.owner, self.peer = world.account(self.team), world.account(self.team)
        self.admin = world.account(self.team, role="admin")
        self.callers: dict[str, Person] = {
            "owner": self._arrive(self.owner),
            "peer": self._arrive(self.peer),
            "admin": self._arrive(self.admin),
            "foreigner": self._arrive(world.account(self.foreign_team)),
            "foreign admin": self._arrive(world.account(self.foreign_team, role="admin")),
            "nobody": self._nobody(),
            "deactivated": self._changed({"is_active": False}),
            "demoted": self._changed({"role": "user"}),
            "signed out": self._revoked(),
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def things(self) -> Things:
        """New ones: an agent with a face, a chat with a message, a session, a member with a reset token, an invite."""
        member = self._world.account(self.team)
        agent_id = self._world.agent(self.team, self._webhook)
        with self._app.app_context():
            admin = self.admin.principal
            services().avatars.replace(admin, uuid.UUID(agent_id), picture())
            chat = Chat(team_id=self.team, user_id=self.owner.id, agent_id=uuid.UUID(agent_id), title="Canary")
            in_a_day = func.now() + timedelta(days=1)
            session = AuthSession(user_id=self.owner.id, current_jti=uuid.uuid4(), expires_at=in_a_day)
            token = new_token()
            invite = Invite(team_id=self.team, token_hash=token_hash(token), role="user", expires_at=in_a_day)
            db.session.add_all([chat, session, invite])
            db.session.flush()
            question = {"id": str(uuid.uuid4()), "role": "user", "content": "Canary", "timestamp": rfc3339(now())}
            answer = {**question, "id": str(uuid.uuid4()), "role": "assistant", "status": "complete"}
            transcripts.extend(chat.id, [question, answer])
            reset = password_resets.issue(admin, member.id, source=audit.UNKNOWN)
            ids = {
                "agent_id": agent_id,
                "chat_id": str(chat.id),
                "message_id": question["id"],
                "answer_id": answer["id"],
                "session_id": str(session.id),
                "invite_id": str(invite.id),
                "user_id": str(member.id),
                "team_id": str(self.team),
            }
        others = {"owner": self.owner.email, "webhook": self._webhook, "reset_token": reset.token, "invite": token}
        return Things({**ids, **others, "n": "1", "new_address": f"{uuid.uuid4().hex}@example.org"})

    def _arrive(self, account: Account) -> Person:
        return self._stack.enter_context(Person(self._server.url, account))

    def _nobody(self) -> Person:
        person = Person.__new__(Person)
        person.url, person.http = self._server.url, self._stack.enter_context(requests.Session())
        person.http.trust_env = False
        return person

    def _changed(self, change: dict[str, Any]) -> Person:
        account = self._world.account(self.team, role="admin")
        person = self._arrive(account)
        with Person(self._server.url, self.admin) as admin:
            answer = admin.http.patch(f"{admin.url}/api/users/{account.id}", json=change, timeout=10)
            assert answer.status_code == 200, answer.text
        return person

    def _revoked(self) -> Person:
        person = self._arrive(self.owner)
        (session,) = [item for item in person.get("/api/auth/sessions/").json()["items"] if item["current"]]
        assert person.http.delete(f"{person.url}/api/auth/sessions/{session['id']}", timeout=10).status_code == 204
        return person


def picture() -> bytes:
    """A small PNG."""
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(file, "PNG")
    return file.getvalue()


def _is_id(value: str) -> bool:
    try:
        uuid.UUID(value)
    except ValueError:
        return False
    return True
