"""The keys of the agents' tokens: which are in use, and moving every token to the newest one while the service runs."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Row, func, select, update

from chatstream.extensions import db
from chatstream.models import Agent
from chatstream.services.agents import row_name
from chatstream.services.token_cipher import CipherError, TokenCipher

BATCH = 100

StoredToken = Row[uuid.UUID, uuid.UUID, str, str | None]
_key_id = func.split_part(Agent.webhook_token, ".", 2)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A token that no key of the ring decrypts. ``reason`` is free of secrets."""

    agent_id: uuid.UUID
    team_id: uuid.UUID
    name: str
    reason: str


@dataclass(slots=True)
class Rotation:
    """What a rotation has done so far."""

    rotated: int = 0
    overtaken: int = 0
    """Tokens that somebody changed or removed in the meantime: theirs stay."""
    unreadable: list[Unreadable] = field(default_factory=list)


def in_use(cipher: TokenCipher) -> dict[str, int]:
    """How many tokens each key holds, by its id: the ring's, newest first, then those that are not in it."""
    rows = db.session.execute(
        select(_key_id, func.count()).where(Agent.webhook_token.is_not(None)).group_by(_key_id).order_by(_key_id)
    )
    counts: dict[str, int] = {row[0]: row[1] for row in rows}
    return {key_id: counts.pop(key_id, 0) for key_id in cipher.key_ids} | counts


def rotate(cipher: TokenCipher, *, tell: Callable[[Rotation], None]) -> Rotation:
    """Encrypt every token anew that the newest key does not hold; ``tell`` hears of each committed batch.

    Online and restartable: a token is only replaced where it is still the one that was read, each batch is a
    transaction of its own, and what is done already is passed over the next time.
    """
    rotation = Rotation()
    last = uuid.UUID(int=0)
    while batch := _due(cipher, after=last):
        for row in batch:
            _rotate_one(cipher, row, rotation)
        db.session.commit()
        last = batch[-1].id
        tell(rotation)
    db.session.rollback()
    return rotation


def _due(cipher: TokenCipher, *, after: uuid.UUID) -> Sequence[StoredToken]:
    return db.session.execute(
        select(Agent.id, Agent.team_id, Agent.name, Agent.webhook_token)
        .where(Agent.webhook_token.is_not(None), _key_id != cipher.key_ids[0], Agent.id > after)
        .order_by(Agent.id)
        .limit(BATCH)
    ).all()


def _rotate_one(cipher: TokenCipher, row: StoredToken, rotation: Rotation) -> None:
    agent_id, team_id, name, stored = row
    assert stored is not None
    try:
        secret = cipher.decrypt(stored, row=row_name(agent_id))
    except CipherError as error:
        rotation.unreadable.append(Unreadable(agent_id, team_id, name, str(error)))
        return
    replaced = db.session.execute(
        update(Agent)
        .where(Agent.id == agent_id, Agent.webhook_token == stored)
        .values(webhook_token=cipher.encrypt(secret, row=row_name(agent_id)))
        .returning(Agent.id)
    ).one_or_none()
    if replaced is None:
        rotation.overtaken += 1
    else:
        rotation.rotated += 1
