"""What is left of a deleted chat, taken away: how long its transactions are, also while a dump has its snapshot open.

    python -m benchmarks.purging [messages]

One chat of 50000 messages unless given, with an answer for every second one. A snapshot keeps what was deleted after
it in tables and indexes, where whoever looks for more has to go past it.
"""

from __future__ import annotations

import statistics
import sys
import time
import uuid
from contextlib import ExitStack, closing

import psycopg2
from sqlalchemy import text

from benchmarks import population
from benchmarks.stage import Stage
from benchmarks.transactions import watched
from benchmarks.transcripts import message
from chatstream.extensions import db
from chatstream.models import Chat
from chatstream.services import deleting, purging, transcripts

MESSAGES = 50_000
AT_ONCE = 5000
CONNECTIONS = 3
"""As many as a purge uses, at least."""
_ANSWERS = text("""
    INSERT INTO generations (chat_id, user_id, agent_id, status, finished_at)
    SELECT id, user_id, agent_id, 'complete', now() FROM chats, generate_series(1, message_count / 2)
    WHERE id = :chat_id
""")

_BLOCKS = text("""
    SELECT relname, heap_blks_hit + heap_blks_read + coalesce(idx_blks_hit + idx_blks_read, 0)
    FROM pg_statio_user_tables
""")


def long_chat(stage: Stage, messages: int) -> uuid.UUID:
    """The id of a chat of that many messages."""
    account = stage.world.account()
    agent_id = stage.world.agent(account.team_id)
    chat_id = uuid.UUID(stage.chats(account, agent_id, 1)[0])
    for first in range(0, messages, AT_ONCE):
        transcripts.extend(chat_id, [message() for _ in range(min(AT_ONCE, messages - first))])
        db.session.commit()
    db.session.execute(_ANSWERS, {"chat_id": chat_id})
    db.session.commit()
    return chat_id


def surround(stage: Stage, messages: int) -> None:
    """Chats of others, with twice as many messages in all, so that no table is read as a whole for one chat."""
    account = stage.world.account()
    population.prepare()
    agent_id = stage.world.agent(account.team_id)
    for _ in range(max(1, messages // 5000)):
        population.chats(account.team_id, account.id, agent_id, count=200, length=50)


def blocks() -> dict[str, int]:
    """Blocks of each table and its indexes that were looked at so far: what a busy machine does not change."""
    with ExitStack() as stack:
        for _ in range(CONNECTIONS):  # each tells what it has done when it ends its next transaction
            connection = stack.enter_context(db.engine.connect())
            connection.execute(text("SELECT pg_stat_force_next_flush()"))
            connection.commit()
    found = db.session.execute(_BLOCKS).all()
    db.session.rollback()
    return {row[0]: row[1] for row in found}


def measure(stage: Stage, messages: int, *, snapshot: bool) -> None:
    """Delete such a chat, purge it as a worker does, and print a line for each table."""
    chat_id = long_chat(stage, messages)
    population.settle()
    with closing(psycopg2.connect(stage.database_url)) as dump:
        if snapshot:
            dump.set_session(isolation_level="REPEATABLE READ", readonly=True)
            with dump.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM chats")
        deleting.mark(Chat.id == chat_id)
        db.session.commit()
        before = blocks()
        begun, turns = time.perf_counter(), 1
        with watched(db.engine) as seen:
            while not purging.purge():
                turns += 1
        took = time.perf_counter() - begun
        touched = {table: count - before[table] for table, count in blocks().items()}
    print(f"{'with a snapshot open' if snapshot else 'without a snapshot':<22}{took:6.1f} s in {turns} turns")
    for table, times in seen.took_ms.items():
        figures = (statistics.median(times), max(times), max(seen.flush_ms[table]), touched[table] / len(times))
        print(f"  {table:<20}{len(times):8}" + "".join(f"{figure:11.1f}" for figure in figures))


def main() -> None:
    """Measure both, and print a table."""
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else MESSAGES
    with Stage() as stage, stage.app.app_context():
        surround(stage, messages)
        measure(stage, 2000, snapshot=False)  # warms up
        print(f"one chat of {messages} messages")
        print(
            "  transactions on        number  median ms    longest     commit     blocks of the table touched by each"
        )
        for snapshot in (False, True):
            measure(stage, messages, snapshot=snapshot)


if __name__ == "__main__":
    main()
