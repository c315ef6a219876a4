"""``flask keys``: moving the agents' tokens from key to key while the service runs."""

from __future__ import annotations

import base64
import threading
import uuid
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import text

from chatstream import create_app
from chatstream.config import Settings
from chatstream.extensions import db
from chatstream.http.services import services
from chatstream.models import Agent
from chatstream.services import token_keys
from chatstream.services.token_cipher import TokenCipher
from tests.api.test_cli import run
from tests.support.settings import WEBHOOK_TOKEN
from tests.support.world import World

OLD, NEW = bytes(range(32)), bytes(range(100, 132))


def ring(*keys: bytes) -> str:
    return ",".join(base64.urlsafe_b64encode(key).decode() for key in keys)


@pytest.fixture
def rotated(app: Flask, variables: dict[str, str]) -> Iterator[Flask]:
    """The application after its ring got a new key in front of the one that ``app`` has."""
    newer = create_app(Settings.from_environment({**variables, "TOKEN_ENCRYPTION_KEYS": ring(NEW, OLD)}))
    yield newer
    with newer.app_context():
        db.engine.dispose()


def stored(app: Flask) -> dict[str, str]:
    with app.app_context():
        rows = db.session.execute(text("SELECT id, webhook_token FROM agents WHERE webhook_token IS NOT NULL"))
        return {str(row[0]): row[1] for row in rows}


def readable(app: Flask, agent_id: str) -> str | None:
    with app.app_context():
        agent = db.session.get(Agent, uuid.UUID(agent_id))
        assert agent is not None
        return services().agents.token_of(agent.id, agent.webhook_token)


def test_every_token_moves_to_the_newest_key(
    app: Flask, rotated: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_keys, "BATCH", 2)
    team = world.team()
    agents = [world.agent(team) for _ in range(5)]
    with app.app_context():
        before = db.session.execute(text("SELECT id, updated_at FROM agents ORDER BY id")).all()
    newest, older = TokenCipher([NEW, OLD]).key_ids
    assert run(rotated, "keys", "list") == f"{newest}  newest    0 tokens\n{older}  older     5 tokens\n"
    assert f"5 tokens encrypted with {newest}" in run(rotated, "keys", "rotate")
    assert all(token.split(".")[1] == newest for token in stored(app).values())
    assert {readable(rotated, agent_id) for agent_id in agents} == {WEBHOOK_TOKEN}
    with app.app_context():
        assert db.session.execute(text("SELECT id, updated_at FROM agents ORDER BY id")).all() == before
    tokens = stored(app)
    assert f"0 tokens encrypted with {newest}" in run(rotated, "keys", "rotate")
    assert stored(app) == tokens
    assert f"{newest}  newest    5 tokens" in run(rotated, "keys", "list")


def test_tokens_whose_key_is_gone_are_named_and_the_others_move(app: Flask, rotated: Flask, world: World) -> None:
    team = world.team()
    lost, copied, fine = world.agent(team), world.agent(team), world.agent(team)
    gone = TokenCipher([bytes(range(200, 232))])
    with app.app_context():
        for agent_id, token in (
            (lost, gone.encrypt("canary-of-a-lost-key", row=f"agents/{lost}")),
            (copied, stored(app)[fine]),
        ):
            db.session.execute(
                text("UPDATE agents SET webhook_token = :t WHERE id = :id"), {"t": token, "id": agent_id}
            )
        db.session.commit()
    before = stored(app)
    output = run(rotated, "keys", "rotate", fails=True)
    assert f"agent {lost} ('Agent', team {team}): its key is not in TOKEN_ENCRYPTION_KEYS" in output
    assert f"agent {copied} ('Agent', team {team}): it was not encrypted for this row" in output
    assert "2 tokens can not be decrypted" in output
    assert not any(secret in output for secret in (WEBHOOK_TOKEN, *before.values()))
    after = stored(app)
    assert (after[lost], after[copied]) == (before[lost], before[copied])
    assert readable(rotated, fine) == WEBHOOK_TOKEN
    assert f"{gone.key_ids[0]}  missing   1 token" in run(rotated, "keys", "list")


def test_a_token_that_changes_meanwhile_is_not_overwritten(
    app: Flask, rotated: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the reading and the writing of a batch somebody enters another token, and somebody deletes an agent."""
    team = world.team()
    changed, deleted = world.agent(team), world.agent(team)
    caller = world.account(team, role="admin").principal
    decrypt = TokenCipher.decrypt
    waiting = [True]

    def interfere() -> None:
        with app.app_context():
            services().agents.update(caller, uuid.UUID(changed), {"webhook_token": "entered-meanwhile"})
            services().agents.delete(caller, uuid.UUID(deleted))

    def slow(self: TokenCipher, token: str, *, row: str) -> str:
        if waiting and waiting.pop():
            other = threading.Thread(target=interfere)
            other.start()
            other.join()
        return decrypt(self, token, row=row)

    monkeypatch.setattr(TokenCipher, "decrypt", slow)
    output = run(rotated, "keys", "rotate")
    assert "0 tokens encrypted" in output
    assert "2 changed meanwhile" in output
    assert readable(rotated, changed) == "entered-meanwhile"
    assert list(stored(app)) == [changed]
    assert "1 token encrypted" in run(rotated, "keys", "rotate")


def test_a_rotation_that_is_cut_off_goes_on_where_it_was(
    app: Flask, rotated: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_keys, "BATCH", 2)
    team = world.team()
    agents = [world.agent(team) for _ in range(5)]

    class Killed(BaseException):
        pass

    def die(so_far: token_keys.Rotation) -> None:
        raise Killed

    with rotated.app_context(), pytest.raises(Killed):
        token_keys.rotate(services().agents.cipher, tell=die)
    newest = TokenCipher([NEW]).key_ids[0]
    assert sum(token.split(".")[1] == newest for token in stored(app).values()) == 2
    assert {readable(rotated, agent_id) for agent_id in agents} == {WEBHOOK_TOKEN}
    assert f"3 tokens encrypted with {newest}" in run(rotated, "keys", "rotate")
