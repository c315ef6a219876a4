"""What `flask maintenance` does to those who write meanwhile: its longest transaction, their longest wait.

    python -m benchmarks.maintenance [rows]

300000 rows of each kind unless given, all of them over, among a tenth as many that are kept. Writers in processes of
their own add, change and look at rows of the same tables all the time; once without maintenance, and then beside it.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
from sqlalchemy import text

from benchmarks import population
from benchmarks.stage import LIMITS, Stage, quantiles
from benchmarks.transactions import watched
from chatstream.extensions import db
from chatstream.http.services import services

ROWS = 300_000
IDLE_S = 10.0
PAUSE_S = 0.01
CONTROLS = 300
_FILL = (
    "INSERT INTO auth_sessions (user_id, current_jti, expires_at, revoked_at) "
    "SELECT :user_id, gen_random_uuid(), :now - n * interval '1 s', "
    "CASE mod(n, 3) WHEN 0 THEN :now - n * interval '2 s' END FROM generate_series(1, :rows) AS n",
    "INSERT INTO invites (team_id, token_hash, role, expires_at) "
    "SELECT :team_id, md5(:now || 'i' || n) || md5('' || n), 'user', :now - n * interval '1 s' "
    "FROM generate_series(1, :rows) AS n",
    "INSERT INTO error_logs (team_id, code, message, stack, fingerprint, hour, created_at, last_seen_at) "
    "SELECT :team_id, 'upstream_error', repeat('m', 200), repeat('s', 1500), md5(:now || '' || n), :now, "
    ":now - n * interval '1 s', :now - n * interval '1 s' FROM generate_series(1, :rows) AS n",
    "INSERT INTO generations (chat_id, user_id, agent_id, status, finished_at) "
    "SELECT :chat_id, :user_id, :agent_id, 'complete', :now - n * interval '1 s' FROM generate_series(1, :rows) AS n",
    "INSERT INTO audit_events (team_id, action, actor_type, target_type, target_id, target_label, created_at) "
    "SELECT :team_id, 'team_changed', 'cli', 'team', :team_id, 'Team', :now - n * interval '1 s' "
    "FROM generate_series(1, :rows) AS n",
    "INSERT INTO generation_events (generation_id, seq, count, payloads) SELECT id, s, 5, repeat('p', 400) FROM "
    "(SELECT id FROM generations WHERE finished_at < now() - interval '1 hour' LIMIT :rows / 50) AS g, "
    "generate_series(1, 50) AS s ON CONFLICT DO NOTHING",
)
_WRITER = """
import psycopg2, select, sys, time
url, pause, statements = sys.argv[1], float(sys.argv[2]), sys.argv[3:]
connection = psycopg2.connect(url)
connection.autocommit = True
cursor = connection.cursor()
print("ready", flush=True)
took = []
while not select.select([sys.stdin], [], [], pause)[0]:
    for statement in statements:
        begun = time.perf_counter()
        cursor.execute(statement)
        took.append(time.perf_counter() - begun)
print(*(f"{1000 * each:.2f}" for each in took))
"""


def writes(keys: dict[str, str]) -> list[str]:
    """What a server does to these tables, on rows that are kept and on new ones."""
    owner = "'{chat_id}', '{user_id}', '{agent_id}'".format(**keys)
    return [
        f"UPDATE auth_sessions SET last_used_at = now() WHERE id = '{keys['session']}'",
        "INSERT INTO auth_sessions (user_id, current_jti, expires_at) "
        f"VALUES ('{keys['user_id']}', gen_random_uuid(), now() + interval '1 day')",
        "INSERT INTO error_logs (code, message, fingerprint, hour) VALUES ('x', 'x', 'f', date_trunc('hour', now())) "
        "ON CONFLICT (fingerprint, hour) DO UPDATE SET count = error_logs.count + 1",
        "INSERT INTO generations (chat_id, user_id, agent_id, status, finished_at) "
        f"VALUES ({owner}, 'complete', now())",
        "INSERT INTO audit_events (team_id, action, actor_type, target_type, target_id, target_label) "
        "VALUES ('{team_id}', 'team_changed', 'cli', 'team', '{team_id}', 'T')".format(**keys),
        "INSERT INTO generation_events (generation_id, seq, count, payloads) "
        f"SELECT '{keys['running']}', coalesce(max(seq), 0) + 1, 1, 'p' FROM generation_events "
        f"WHERE generation_id = '{keys['running']}'",
    ]


@contextmanager
def writing(stage: Stage, keys: dict[str, str]) -> Iterator[list[float]]:
    """A writer meanwhile; the list has its times in ms afterwards."""
    took: list[float] = []
    command = [sys.executable, "-c", _WRITER, stage.database_url, str(PAUSE_S), *writes(keys)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout
        writer.stdout.readline()
        yield took
        said, _ = writer.communicate("\n")
        took += map(float, said.split())


def fill(stage: Stage, rows: int) -> dict[str, str]:
    """Rows that are over, and a tenth as many that are kept; returns the ids that the writers need."""
    account = stage.world.account()
    agent_id = stage.world.agent(account.team_id)
    chat_id, other = stage.chats(account, agent_id, 2)
    keys = {"team_id": str(account.team_id), "user_id": str(account.id), "agent_id": agent_id, "chat_id": chat_id}
    with psycopg2.connect(stage.database_url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT now() - interval '400 days', now()")
        old, new = cursor.fetchone() or ()
        for moment, count in ((old, rows), (new, rows // 10)):
            for statement in _FILL:
                named = statement
                for name in (*keys, "now", "rows"):
                    named = named.replace(f":{name}", f"%({name})s")
                cursor.execute(named, {**keys, "now": moment, "rows": count})
        cursor.execute(
            "INSERT INTO generations (chat_id, user_id, agent_id) VALUES (%s, %s, %s) RETURNING id",
            (other, keys["user_id"], agent_id),
        )
        (running,) = cursor.fetchone() or ()
        cursor.execute("SELECT id FROM auth_sessions ORDER BY LEAST(revoked_at, expires_at) DESC LIMIT 1")
        (session,) = cursor.fetchone() or ()
    connection.close()
    return {**keys, "running": str(running), "session": str(session)}


def stalls() -> list[float]:
    """Times in ms of queries as long as a batch that lock nothing: what is long here is the machine's doing."""
    took = []
    for _ in range(CONTROLS):
        begun = time.perf_counter()
        db.session.execute(text("SELECT count(*) FROM generate_series(1, 150000)"))
        db.session.rollback()
        took.append((time.perf_counter() - begun) * 1000)
    return took


def main() -> None:
    """Measure, and print a table."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with Stage({**LIMITS, "AUDIT_RETENTION_DAYS": "365"}) as stage, stage.app.app_context():
        keys = fill(stage, rows)
        population.settle()
        with writing(stage, keys) as alone:
            time.sleep(IDLE_S)
        control = stalls()
        with writing(stage, keys) as beside, watched(db.engine) as seen:
            begun = time.perf_counter()
            found = list(services().maintenance.run())
            took = time.perf_counter() - begun
    print(f"{sum(count for _, count in found)} rows in {took:.0f} s: {dict(found)}")
    print("deletes from          transactions   rows each   median ms   longest   longest commit")
    tables = dict(
        zip(
            ("generation_events", "auth_sessions", "invites", "error_logs", "generations", "audit_events"),
            (count for _, count in found),
            strict=False,
        )
    )
    for table, times in seen.took_ms.items():
        each = tables.get(table, 0) / len(times)
        print(
            f"{table:<22}{len(times):12}{each:12.0f}{statistics.median(times):12.1f}{max(times):10.1f}{max(seen.flush_ms[table]):10.1f}"
        )
    print(f"{'(control)':<22}{len(control):12}{'':12}{statistics.median(control):12.1f}{max(control):10.1f}")
    print("a writer's statements       number   median ms    p99 ms   longest")
    for name, values in (("without maintenance", alone), ("beside it", beside)):
        p50, p99, most = quantiles(values)
        print(f"{name:<22}{len(values):12}{p50:12.2f}{p99:10.2f}{most:10.2f}")


if __name__ == "__main__":
    main()
