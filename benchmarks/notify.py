"""How many commits a second PostgreSQL takes from workers that share events, with NOTIFY and without.

    python -m benchmarks.notify [writers ...]

Each writer commits as a worker's flush does: rows of 25 answers in one statement, and their ids in a NOTIFY. As many
connections listen as there are writers. PostgreSQL commits those that notify one after the other.
"""

from __future__ import annotations

import select
import sys
import threading
import time
import uuid
from contextlib import closing

import psycopg2

from benchmarks.stage import Stage

WRITERS = (1, 4, 16, 40)
SECONDS = 4.0
ANSWERS = 25
_MAKE = "CREATE TABLE told (generation_id uuid, seq bigint, payloads text, PRIMARY KEY (generation_id, seq))"
_WRITE = "INSERT INTO told SELECT id::uuid, %s, repeat('p', 300) FROM unnest(%s) AS id"


class Load:
    """Writers and listeners, in threads: psycopg2 lets others run while it waits."""

    def __init__(self, url: str, *, notify: bool) -> None:
        self.url = url
        self.notify = notify
        self.commits = 0
        self.heard = 0
        self.until = time.monotonic() + SECONDS

    def write(self) -> None:
        """Commit for as long as it goes."""
        ids = [str(uuid.uuid4()) for _ in range(ANSWERS)]
        with closing(psycopg2.connect(self.url)) as connection, connection.cursor() as cursor:
            seq = 0
            while time.monotonic() < self.until:
                seq += 1
                cursor.execute(_WRITE, (seq, ids))
                if self.notify:
                    cursor.execute("SELECT pg_notify('told', %s)", (f"{seq} {' '.join(ids)}",))
                connection.commit()
                self.commits += 1

    def listen(self) -> None:
        """Take what is told."""
        with closing(psycopg2.connect(self.url)) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            cursor.execute("LISTEN told")
            while time.monotonic() < self.until:
                if select.select([connection], [], [], 0.2)[0]:
                    connection.poll()
                    self.heard += len(connection.notifies)
                    connection.notifies.clear()


def measure(stage: Stage, writers: int, *, notify: bool) -> tuple[float, float]:
    """Commits and words heard a second."""
    load = Load(stage.database_url, notify=notify)
    threads = [threading.Thread(target=load.write) for _ in range(writers)]
    threads += [threading.Thread(target=load.listen) for _ in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stage.ask("TRUNCATE told")
    return load.commits / SECONDS, load.heard / SECONDS


def main() -> None:
    """Measure, and print a table."""
    with Stage() as stage:
        stage.ask(_MAKE)
        print("writers and listeners   commits/s without NOTIFY   with it   words heard/s")
        for writers in [int(word) for word in sys.argv[1:]] or WRITERS:
            without, _ = measure(stage, writers, notify=False)
            commits, heard = measure(stage, writers, notify=True)
            print(f"{writers:>21}{without:>27.0f}{commits:>10.0f}{heard:>16.0f}")


if __name__ == "__main__":
    main()
