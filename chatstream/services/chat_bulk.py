"""One act on many chats of one user."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, and_, select, update

from chatstream.extensions import db
from chatstream.models import Chat
from chatstream.services import deleting
from chatstream.services.generations import stopping
from chatstream.services.principals import Principal

Action = Literal["archive", "unarchive", "delete"]
ACTIONS: tuple[Action, ...] = ("archive", "unarchive", "delete")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The chats that the act was done on, and the ids that are no chats of the caller; in the order asked for."""

    done: list[uuid.UUID]
    not_found: list[uuid.UUID]


def act(principal: Principal, chat_ids: Sequence[uuid.UUID], action: Action) -> Outcome:
    """Archive, unarchive or delete chats; of those to be deleted, running answers are stopped first.

    Archiving is no activity: the chats keep their place in the list.
    """
    own = and_(Chat.id.in_(chat_ids), Chat.user_id == principal.user_id, Chat.team_id == principal.team_id)
    done = _delete(own) if action == "delete" else _archive(own, action == "archive")
    asked = list(dict.fromkeys(chat_ids))
    return Outcome(
        done=[chat_id for chat_id in asked if chat_id in done],
        not_found=[chat_id for chat_id in asked if chat_id not in done],
    )


def _archive(own: ColumnElement[bool], is_archived: bool) -> set[uuid.UUID]:
    done = set(db.session.scalars(update(Chat).where(own).values(is_archived=is_archived).returning(Chat.id)))
    db.session.commit()
    return done


def _delete(own: ColumnElement[bool]) -> set[uuid.UUID]:
    stopping.stop_answers(db.session.scalars(select(Chat.id).where(own)).all())
    done = deleting.mark(own)
    db.session.commit()
    return done
