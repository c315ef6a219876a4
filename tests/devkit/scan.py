"""Which processes have to do with a folder."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def processes_about(folder: Path) -> dict[int, str]:
    """Every process, not this one, that names ``folder`` in its command line or environment, or works below it."""
    wanted = os.fsencode(folder)
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            command = (entry / "cmdline").read_bytes()
            texts = (command, (entry / "environ").read_bytes(), os.fsencode((entry / "cwd").readlink()))
        except OSError:  # it ended meanwhile, or is another user's
            continue
        if any(wanted in text for text in texts):
            found[int(entry.name)] = command.replace(b"\0", b" ").decode(errors="replace")
    return found


def left_after(folder: Path, seconds: float) -> dict[int, str]:
    """What is left of ``processes_about(folder)`` when they had ``seconds`` to end."""
    deadline = time.monotonic() + seconds
    while (found := processes_about(folder)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """An empty folder that others can reach; at the end nothing may be running in it.

    pytest's own have parents of mode 0700, which PostgreSQL's user can not pass.
    """
    path = Path(tempfile.mkdtemp(prefix="devkit-test-")).resolve()
    path.chmod(0o755)
    yield path
    left = left_after(path, 0)
    shutil.rmtree(path)
    assert not left
