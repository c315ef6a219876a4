"""What grows with what: bytes of each table and index by row, and what an exchange writes and costs.

    python -m benchmarks.sizes [chats]

500 chats of 100 messages unless given, of some 400 bytes each; as many answers as every second message. Exchanges go
through a worker: one token at once, and 200 tokens in ten seconds.
"""

from __future__ import annotations

import sys
import time

import psycopg2
from sqlalchemy import text

from benchmarks import population
from benchmarks.stage import Stage, Worker
from chatstream.extensions import db

CHATS, LENGTH, USERS = 500, 100, 25
_ROWS = (
    "INSERT INTO generations (chat_id, user_id, agent_id, user_message_id, idempotency_key, request_digest, status, "
    "started_at, finished_at, first_token_ms, chunks, chars) SELECT id, user_id, agent_id, gen_random_uuid(), "
    "gen_random_uuid()::text, repeat(md5(n::text), 2), 'complete', now() - random() * interval '90 d', "
    "now() - random() * interval '90 d', 800, 200, 1000 FROM chats, generate_series(1, message_count / 2) AS n",
    "INSERT INTO auth_sessions (user_id, current_jti, previous_jti, ip, user_agent, created_at, expires_at) "
    "SELECT id, gen_random_uuid(), gen_random_uuid(), '192.0.2.1', repeat('u', 120), "
    "now() - random() * interval '90 d', now() + random() * interval '7 d' FROM users, generate_series(1, 2000)",
    "INSERT INTO audit_events (team_id, action, actor_type, actor_id, actor_email, target_type, target_id, "
    "target_label, ip, user_agent, request_id, details, created_at) SELECT team_id, 'user_role_changed', 'user', id, "
    "email, 'user', id, email, '192.0.2.1', repeat('u', 120), gen_random_uuid()::text, "
    """'{"role": {"from": "user", "to": "admin"}}', now() - random() * interval '900 d' """
    "FROM users, generate_series(1, 2000)",
    "INSERT INTO error_logs (team_id, user_id, agent_id, chat_id, code, message, stack, request_id, method, path, "
    "context, fingerprint, hour, created_at, last_seen_at) SELECT team_id, user_id, agent_id, id, 'upstream_timeout', "
    "repeat('m', 150), (SELECT string_agg(word(n + m), ' ') FROM generate_series(1, 200) AS m), "
    "gen_random_uuid()::text, 'POST', '/api/chats/' || id || '/messages', "
    "jsonb_build_object('generation_id', gen_random_uuid(), 'message_id', gen_random_uuid()), "
    "repeat(md5(id::text || n), 2), now(), now() - random() * interval '30 d', now() - random() * interval '30 d' "
    "FROM chats, generate_series(1, 100) AS n",
    "INSERT INTO generation_events (generation_id, seq, count, payloads) SELECT id, s * 4, 4, "
    """repeat('{"type": "message", "data": {"content": "token "}}' || chr(10), 4) """
    "FROM (SELECT id FROM generations LIMIT 1000) AS g, generate_series(1, 50) AS s",
)
_SIZES = text("""
    SELECT c.relname, CAST(c.reltuples AS bigint), pg_relation_size(c.oid),
        coalesce(pg_total_relation_size(nullif(c.reltoastrelid, 0)), 0), pg_indexes_size(c.oid)
    FROM pg_class AS c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname IN (
        'chats', 'chat_pages', 'search_entries', 'generations', 'generation_events', 'auth_sessions', 'audit_events',
        'error_logs') ORDER BY c.relname
""")
_INDEXES = text("""
    SELECT indexrelid::regclass::text, pg_relation_size(indexrelid) FROM pg_index
    WHERE indrelid = CAST(:table AS regclass) ORDER BY 2 DESC
""")


def fill(stage: Stage, chats: int) -> int:
    """Rows of each kind; returns the number of messages."""
    team_id = stage.world.team()
    agent_id = stage.world.agent(team_id)
    population.prepare()
    db.session.execute(text("SET statement_timeout = 0"))
    db.session.commit()
    for user_id in population.users(team_id, USERS):
        population.chats(team_id, user_id, agent_id, count=chats // USERS, length=LENGTH)
    with psycopg2.connect(stage.database_url) as connection, connection.cursor() as cursor:
        for statement in _ROWS:
            cursor.execute(statement)
    connection.close()
    population.settle()
    return chats // USERS * USERS * LENGTH


def show_sizes(messages: int) -> None:
    """A line for each table and, indented, for each of its indexes: bytes by row."""
    print(f"{'table, index':<44}{'rows':>9}{'heap':>8}{'toast':>8}{'indexes':>8}{'all':>8}   bytes a row")
    for table, rows, heap, toast, indexes in db.session.execute(_SIZES).all():
        each = [size / rows for size in (heap, toast, indexes, heap + toast + indexes)]
        print(f"{table:<44}{rows:>9}" + "".join(f"{size:8.0f}" for size in each))
        for name, size in db.session.execute(_INDEXES, {"table": table}).all():
            print(f"  {name:<42}{'':>25}{size / rows:8.0f}")
    whole = "SELECT sum(pg_total_relation_size(name::regclass)) FROM unnest(ARRAY[{}]) AS name"
    for what, tables in (("transcript", "'chats', 'chat_pages'"), ("search", "'search_entries'")):
        size = db.session.execute(text(whole.format(tables))).scalar_one()
        print(f"{what} of a message: {int(size) / messages:.0f} bytes")
    content = db.session.execute(text("SELECT avg(length(m::text)) FROM chat_pages, jsonb_array_elements(messages) m"))
    print(f"a message as JSON: {float(content.scalar_one()):.0f} bytes")
    db.session.rollback()


def show_exchange(stage: Stage, worker: Worker, *, exchanges: int, tokens: int, seconds: float, ramp_s: float) -> None:
    """What exchanges write and cost, each in a chat of its own."""
    account = stage.world.account()
    url = f"{stage.stand_in().url}?tokens={tokens}&interval_us={int(seconds / tokens * 1e6) if tokens > 1 else 0}"
    agent_id = stage.world.agent(account.team_id, url)
    cookie = worker.cookie(account)
    time.sleep(2)
    wal, records, pages = stage.ask("SELECT wal_bytes, wal_records, wal_fpi FROM pg_stat_wal")
    chats = stage.chats(account, agent_id, exchanges)
    cpu, database = worker.cpu_s(), stage.database_cpu_s()
    begun = time.monotonic()
    told = stage.load(worker, cookie, chats, ramp_s).told
    if told["failed"]:
        raise SystemExit(f"{told['failed']} failed: {worker.log.read_text()[-2000:]}")
    cpu = worker.cpu_s() - cpu
    spent = stage.database_cpu_s() - database
    time.sleep(1)
    after = stage.ask("SELECT wal_bytes, wal_records, wal_fpi FROM pg_stat_wal")
    bytes_each = float(after[0] - wal) / exchanges
    print(
        f"{tokens:>6} tokens in {seconds:>4.0f} s: WAL {bytes_each:7.0f} bytes, "
        f"{(after[1] - records) / exchanges:5.0f} records, {(after[2] - pages) / exchanges:4.1f} whole pages; "
        f"CPU worker {cpu / exchanges * 1e3:5.1f} ms, "
        f"database {spent / exchanges * 1e3:5.1f} ms   ({exchanges} in {time.monotonic() - begun:.0f} s)"
    )


def main() -> None:
    """Measure, and print."""
    chats = int(sys.argv[1]) if len(sys.argv) > 1 else CHATS
    with Stage() as stage, stage.app.app_context():
        show_sizes(fill(stage, chats))
        with stage.worker(GRACEFUL_TIMEOUT="5") as worker:
            show_exchange(stage, worker, exchanges=50, tokens=1, seconds=0, ramp_s=5)  # warms up
            show_exchange(stage, worker, exchanges=150, tokens=1, seconds=0, ramp_s=20)
            show_exchange(stage, worker, exchanges=100, tokens=200, seconds=10, ramp_s=10)


if __name__ == "__main__":
    main()
