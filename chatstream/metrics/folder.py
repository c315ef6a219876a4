"""The folder in which the workers of one gunicorn keep their counts, as prometheus-client's multiprocess mode has it.

The arbiter makes it, and it alone knows when a worker has gone: a process id may belong to the next worker at once, so
the files of a dead one are put out of the way before any other can begin. Standard library only.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

PREFIX: Final = "chatstream-metrics-"
IN_USE: Final = "in-use"
"""Locked as long as the arbiter or one of its workers lives."""
GONE: Final = "gone"
"""In the place of the process id in the names of what dead workers have counted."""

_MEMORY = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a folder of our own in it


@cache
def ours() -> Path:
    """This process's folder, made in memory where the system has such a place; those that nobody uses are deleted.

    The same after a reload: gunicorn reads its configuration again, while older workers still count.
    """
    parent = _MEMORY if os.access(_MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    for other in parent.glob(f"{PREFIX}*"):
        _delete_unused(other)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    mark = os.open(folder / IN_USE, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(mark, fcntl.LOCK_SH)  # left open: workers inherit it, and the last process of all lets it go
    return folder


def retire(folder: Path, pid: int) -> None:
    """A worker has died: what it counted stays, what it had at the moment goes. To be called by its arbiter."""
    for file in folder.glob(f"gauge_live*_{pid}.db"):
        file.unlink(missing_ok=True)
    for file in folder.glob(f"*_{pid}.db"):
        kind = file.name.partition("_")[0]
        with suppress(FileNotFoundError):
            file.rename(folder / f"{kind}_{GONE}-{pid}-{os.urandom(4).hex()}.db")


def delete(folder: Path) -> None:
    """At the end of its gunicorn."""
    shutil.rmtree(folder, ignore_errors=True)


def _delete_unused(folder: Path) -> None:
    with suppress(OSError):  # another user's, or deleted meanwhile
        mark = os.open(folder / IN_USE, os.O_RDWR)
        try:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(mark)
