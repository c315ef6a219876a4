"""Setting the end of a transcript aside, and bringing it back. Messages move within the database, however many.

What is set aside hangs on a row of ``chat_versions``, as pages that are numbered from its own first message.
"""

from __future__ import annotations

import uuid

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import UUID

from chatstream.extensions import db
from chatstream.services.transcripts.reading import place_of
from chatstream.services.transcripts.writing import BOUND, Bound, lock, seal

_CUT_PAGE = """chat_id = :chat_id AND number = (
    SELECT max(number) FROM chat_pages WHERE chat_id = :chat_id AND number <= :place)"""

_COPY_ASIDE = text(f"""
    INSERT INTO version_pages (version_id, number, messages, message_ids)
    SELECT :version_id, 0,
        jsonb_path_query_array(messages, '$[$kept to last]', jsonb_build_object('kept', :place - number)),
        message_ids[:place - number + 1 :]
    FROM chat_pages WHERE {_CUT_PAGE}
    UNION ALL
    SELECT :version_id, number - :place, messages, message_ids
    FROM chat_pages WHERE chat_id = :chat_id AND number > :place
""").bindparams(bindparam("version_id", type_=UUID))  # noqa: S608

_CUT = text(f"""
    WITH cut AS (SELECT number, messages FROM chat_pages WHERE {_CUT_PAGE}),
    gone AS (DELETE FROM chat_pages USING cut WHERE chat_id = :chat_id AND chat_pages.number >= cut.number)
    UPDATE chats SET message_count = :place, messages = jsonb_path_query_array(
        cut.messages, '$[0 to $kept - 1]', jsonb_build_object('kept', :place - number))
    FROM cut WHERE id = :chat_id
""")  # noqa: S608

_RESTORE_PAGES = text("""
    INSERT INTO chat_pages (chat_id, number, messages, message_ids)
    SELECT :chat_id, message_count + number, page.messages, message_ids
    FROM chats, version_pages AS page WHERE id = :chat_id AND version_id = :version_id AND number < :last
""").bindparams(bindparam("chat_id", type_=UUID))

_RESTORE_LAST = text("""
    UPDATE chats SET messages = chats.messages || page.messages, updated_at = now(),
        message_count = message_count + number + jsonb_array_length(page.messages)
    FROM version_pages AS page WHERE id = :chat_id AND version_id = :version_id AND number = :last
    RETURNING jsonb_array_length(chats.messages) AS length, pg_column_size(chats.messages) AS size
""")

_LAST = text("SELECT max(number) FROM version_pages WHERE version_id = :version_id")

_FORGET = text("DELETE FROM version_pages WHERE version_id = :version_id")


def rewind(chat_id: uuid.UUID, message_id: str, *, version_id: uuid.UUID) -> bool:
    """Set a message and all that follow it aside, for a row of ``chat_versions``; part of the caller's transaction.

    False, with nothing done, when the chat does not have the message.
    """
    lock(chat_id)
    place = place_of(chat_id, message_id)
    if place is None:
        return False
    seal(chat_id)  # then all of it is in pages; the rest of the one that is cut becomes the tail
    parameters = {"chat_id": chat_id, "place": place, "version_id": version_id}
    db.session.execute(_COPY_ASIDE, parameters)
    db.session.execute(_CUT, parameters)
    return True


def bring_back(chat_id: uuid.UUID, version_id: uuid.UUID, *, bound: Bound = BOUND) -> None:
    """Put what was set aside for a version at the end again, as part of the caller's transaction."""
    lock(chat_id)
    parameters = {"chat_id": chat_id, "version_id": version_id}
    last = db.session.scalar(_LAST, parameters)
    if last:
        seal(chat_id)
        db.session.execute(_RESTORE_PAGES, {**parameters, "last": last})
    tail = db.session.execute(_RESTORE_LAST, {**parameters, "last": last}).one_or_none()
    if tail is not None and bound.is_passed(tail.length, tail.size):
        seal(chat_id)
    db.session.execute(_FORGET, parameters)
