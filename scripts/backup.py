"""Backups of ChatStream's database, by PostgreSQL's own programs.

    python scripts/backup.py dump FILE      the database of DATABASE_URL into FILE, while everything runs
    python scripts/backup.py restore FILE   FILE into the database of DATABASE_URL, which must be empty

With DATABASE_DIRECT_URL set, that one is taken. pg_dump and pg_restore must not be older than the server. A backup is
of no use without PASSWORD_PEPPER and TOKEN_ENCRYPTION_KEYS: keep those as well, elsewhere.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import psycopg2
from psycopg2.extensions import make_dsn, parse_dsn

USAGE = "usage: backup.py dump FILE | backup.py restore FILE"
TABLES = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"


class BackupError(Exception):
    """It can not be done. Its text is a sentence for the person at the terminal."""


def dump(url: str, file: Path) -> None:
    """Write a backup to ``file``, which is there whole or not at all. Raises BackupError and OSError."""
    if file.exists():
        raise BackupError(f"{file} exists: a backup is not overwritten.")
    unfinished = file.with_name(f".{file.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)  # it holds everything that anybody has said
    try:
        _run("pg_dump", url, ["--format=custom", "--no-owner", "--no-privileges", f"--file={unfinished}"])
        with unfinished.open("rb") as written:
            os.fsync(written.fileno())
        unfinished.rename(file)
    finally:
        unfinished.unlink(missing_ok=True)


def restore(url: str, file: Path) -> None:
    """Fill an empty database from ``file``, wholly or not at all. Raises BackupError."""
    if not file.is_file():
        raise BackupError(f"{file} is not there.")
    try:
        connection = psycopg2.connect(url)
    except psycopg2.OperationalError as error:
        raise BackupError(f"The database does not answer: {error}") from None
    with connection, connection.cursor() as cursor:
        cursor.execute(TABLES)
        (tables,) = cursor.fetchone() or (0,)
    connection.close()
    if tables:
        raise BackupError(f"The database has {tables} tables: restore into an empty one.")
    _run("pg_restore", url, ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", str(file)])


def _run(program: str, url: str, options: Sequence[str]) -> None:
    """Run a program of PostgreSQL; the password goes by the environment, since everybody may read command lines."""
    parts = parse_dsn(url)
    password = parts.pop("password", None)
    secret = {"PGPASSWORD": password} if password else {}
    try:
        result = subprocess.run(
            [program, f"--dbname={make_dsn(**parts)}", *options], env={**os.environ, **secret}, check=False
        )
    except FileNotFoundError:
        raise BackupError(f"{program} is not installed (Debian: apt install postgresql-client).") from None
    if result.returncode:
        raise BackupError(f"{program} failed.")


def main(arguments: Sequence[str]) -> int:
    """The command line."""
    commands = {"dump": dump, "restore": restore}
    if len(arguments) != 2 or arguments[0] not in commands:
        print(USAGE, file=sys.stderr)
        return 2
    url = os.environ.get("DATABASE_DIRECT_URL") or os.environ.get("DATABASE_URL", "")
    scheme, separator, rest = url.partition("://")
    if not separator:
        print("DATABASE_URL is not set.", file=sys.stderr)
        return 1
    try:
        commands[arguments[0]](f"{scheme.partition('+')[0]}://{rest}", Path(arguments[1]))
    except (BackupError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
