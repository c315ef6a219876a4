"""Many users with many chats, written by SQL in bulk; the triggers index them as they do everything else."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from sqlalchemy import event, text

from chatstream.extensions import db

WORDS = 40_000
"""Different words; how often each is said falls off as in a language."""
SAID = 60
"""Words of a message: some 400 bytes."""

_FUNCTIONS = (
    """
    CREATE FUNCTION word(number integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$
        SELECT substr(translate(md5(number::text), '0123456789', 'ghijklmnop'), 1, 3 + number % 8)
    $$
    """,
    f"""
    CREATE FUNCTION saying(place bigint) RETURNS jsonb LANGUAGE sql VOLATILE AS $$
        SELECT jsonb_build_object('id', gen_random_uuid(), 'timestamp', '2026-11-24T12:00:00.000Z',
            'role', CASE place % 2 WHEN 0 THEN 'user' ELSE 'assistant' END,
            'content', (SELECT string_agg(word(CAST(floor(power(random(), 4) * {WORDS}) AS integer)), ' ')
                FROM generate_series(1, {SAID})))
    $$
    """,
)
_USERS = text("""
    INSERT INTO users (team_id, email, password_hash)
    SELECT :team_id, gen_random_uuid() || '@example.org', '' FROM generate_series(1, :count) RETURNING id
""")
_CHATS = text("""
    WITH made AS (
        INSERT INTO chats (team_id, user_id, agent_id, title, updated_at)
        SELECT :team_id, :user_id, :agent_id, word(n), now() - make_interval(secs => n)
        FROM generate_series(1, :count) AS n RETURNING id
    ),
    said AS (
        SELECT id, place, saying(place) AS message
        FROM made, generate_series(0, CAST(:length AS bigint) - 1) AS place
    )
    SELECT id, jsonb_agg(message ORDER BY place) AS messages INTO TEMPORARY fresh FROM said GROUP BY id
""")
_PAGES = text("""
    INSERT INTO chat_pages (chat_id, number, messages, message_ids)
    SELECT id, start, jsonb_agg(message ORDER BY place), array_agg(CAST(message->>'id' AS uuid) ORDER BY place)
    FROM fresh, jsonb_array_elements(messages) WITH ORDINALITY AS item(message, place),
        LATERAL (SELECT (place - 1) / 40 * 40 AS start) AS page
    WHERE start + 40 <= jsonb_array_length(messages) GROUP BY id, start
""")
_TAILS = text("""
    UPDATE chats SET message_count = jsonb_array_length(fresh.messages), messages = coalesce(
        jsonb_path_query_array(fresh.messages, '$[$start to last]',
            jsonb_build_object('start', jsonb_array_length(fresh.messages) / 40 * 40)), '[]')
    FROM fresh WHERE chats.id = fresh.id
""")


def prepare() -> None:
    """Make the functions that speak; in an application context."""
    for statement in _FUNCTIONS:
        db.session.execute(text(statement))
    db.session.commit()


def users(team_id: uuid.UUID, count: int) -> list[uuid.UUID]:
    """The ids of new users."""
    found = list(db.session.scalars(_USERS, {"team_id": team_id, "count": count}))
    db.session.commit()
    return found


def chats(team_id: uuid.UUID, user_id: uuid.UUID, agent_id: str, *, count: int, length: int) -> None:
    """Give a user ``count`` chats of ``length`` messages each."""
    parameters = {"team_id": team_id, "user_id": user_id, "agent_id": uuid.UUID(agent_id)}
    db.session.execute(text("DROP TABLE IF EXISTS fresh"))
    for statement in (_CHATS, _PAGES, _TAILS):
        db.session.execute(statement, {**parameters, "count": count, "length": length})
    db.session.commit()


def word(number: int) -> str:
    """The word that is the ``number``-th most frequent."""
    found: str = db.session.execute(text("SELECT word(:number)"), {"number": number}).scalar_one()
    return found


def settle() -> None:
    """What autovacuum would do in time."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM ANALYZE"))


def plan(act: Callable[[], object], table: str) -> list[str]:
    """The scans in PostgreSQL's plan of the last statement of ``act`` that reads ``table``."""
    statements: list[str] = []

    def note(_connection: object, cursor: object, *_: object) -> None:
        statements.append(cursor.query.decode())  # type: ignore[attr-defined]

    event.listen(db.engine, "after_cursor_execute", note)
    act()
    event.remove(db.engine, "after_cursor_execute", note)
    *_, statement = (statement for statement in statements if f"FROM {table}" in statement.replace("\n", " "))
    lines = db.session.connection().exec_driver_sql("EXPLAIN " + statement.replace("%", "%%")).scalars()
    found = [line.strip().removeprefix("->  ").split("  (")[0] for line in lines if "Scan" in line]
    db.session.rollback()
    return found
