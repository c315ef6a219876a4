"""ChatStream as it is deployed: production's settings, but for what would refuse a load that comes from one machine."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterable
from contextlib import closing
from typing import Any, Final

import psycopg2

from benchmarks.generator import StandIn
from benchmarks.stage import Stage, sign_in
from benchmarks.subjects import Stored, Subject, filling
from chatstream.extensions import db
from chatstream.models import Chat, User
from chatstream.services import transcripts
from chatstream.services.passwords import PasswordHasher
from tests.support.world import PASSWORD

DEPLOYED: Final = {
    "CHATSTREAM_ENV": "production",
    "WEB_CONCURRENCY": "1",
    "LOG_LEVEL": "info",
    "LOG_FORMAT": "json",
    "BCRYPT_ROUNDS": "12",
    "MAX_STREAMS_PER_USER": "5",
    "WEBHOOK_ALLOWED_HOSTS": "127.0.0.1",  # where the stand-in workflow is
    "GRACEFUL_TIMEOUT": "5",  # a benchmark that is broken off need not wait
}
"""Production's defaults, with what the tests, those of faults among them, have raised (tests/support/settings.py): the
rates of sends and sign-ins, since a few people here send what thousands would, and the pool of connections."""

CHEAP_ROUNDS = 4
"""Of the hashes of most people, whose signing in is not what is measured."""


class ChatStream(Subject):
    """One worker, on a stage."""

    name = "ChatStream"

    def __init__(self, stage: Stage, workflow: StandIn) -> None:
        self._stage = stage
        self._workflow = workflow
        self.worker = stage.worker()
        self.port, self.pid = self.worker.port, self.worker.pid
        self._team = stage.world.team()
        self._people: list[tuple[uuid.UUID, str]] = []
        self._agents: dict[str, uuid.UUID] = {}

    def people(self, count: int) -> list[str]:
        """Accounts with a cheap hash, signed in as anybody is."""
        for email in self.accounts(count - len(self._people), CHEAP_ROUNDS):
            (user_id,) = self._stage.ask(f"SELECT id::text FROM users WHERE email = '{email}'")
            self._people.append((uuid.UUID(user_id), sign_in(self.worker.url, email)))
        return [cookie for _, cookie in self._people[:count]]

    def accounts(self, count: int, rounds: int) -> list[str]:
        """Accounts of the team, in one transaction."""
        if count <= 0:
            return []
        hashed = PasswordHasher(pepper=self._stage.variables["PASSWORD_PEPPER"], rounds=rounds).hash(PASSWORD)
        emails = [f"{uuid.uuid4().hex}@example.org" for _ in range(count)]
        with self._stage.app.app_context():
            db.session.add_all(User(team_id=self._team, email=email, password_hash=hashed) for email in emails)
            db.session.commit()
        return emails

    def chats(self, people: int, each: int, workflow: str, held: int) -> list[list[tuple[str, str]]]:
        """Chats with one agent, filled as messages fill them."""
        if workflow not in self._agents:
            agent = self._stage.world.agent(self._team, f"{self._workflow.url}?{workflow}")
            self._agents[workflow] = uuid.UUID(agent)
        owners = [user_id for user_id, _ in self._people[:people]]
        with self._stage.app.app_context():
            rows = [
                Chat(team_id=self._team, user_id=owner, agent_id=self._agents[workflow], title="A chat")
                for owner in owners
                for _ in range(each)
            ]
            db.session.add_all(rows)
            db.session.flush()
            ids = [row.id for row in rows]
            for chat_id in ids if held else ():
                transcripts.extend(chat_id, [{"id": str(uuid.uuid4()), **message} for message in filling(held)])
            db.session.commit()
        made = iter([(str(chat_id), f"/api/chats/{chat_id}/messages") for chat_id in ids])
        return [list(itertools.islice(made, each)) for _ in owners]

    def stored(self, chats: Iterable[str], newest: int) -> dict[str, Stored]:
        """The tail of each chat, and of its pages what is asked for beyond."""
        with closing(psycopg2.connect(self._stage.database_url)) as connection, connection.cursor() as cursor:
            query = "SELECT id::text, message_count, messages FROM chats WHERE id::text = ANY(%s)"
            cursor.execute(query, (list(chats),))
            rows: list[tuple[str, int, list[Any]]] = cursor.fetchall()
            pages = "SELECT messages FROM chat_pages WHERE chat_id = %s ORDER BY number DESC LIMIT %s"
            found = {}
            for chat_id, count, messages in rows:
                if len(messages) < min(newest, count):
                    cursor.execute(pages, (chat_id, newest))
                    messages = [message for (page,) in reversed(cursor.fetchall()) for message in page] + messages
                found[chat_id] = Stored(count, messages[-newest:])
            return found

    def running(self) -> int:
        """The generations that have not ended."""
        (count,) = self._stage.ask("SELECT count(*) FROM generations WHERE status = 'running'")
        return int(count)

    def __enter__(self) -> ChatStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.worker.stop()
