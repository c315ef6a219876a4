"""Child processes that die with their parent, and stop in order while it lives."""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import signal
import subprocess
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

IS_LINUX: Final = platform.system() == "Linux"
_PR_SET_PDEATHSIG: Final = 1
_LIBC: Final = ctypes.CDLL(None, use_errno=True) if IS_LINUX else None
_TICK_S: Final = 0.01


@dataclass(frozen=True, slots=True)
class Account:
    """The user and group that a child of root runs as."""

    uid: int
    gid: int


def die_with_parent(sig: signal.Signals, parent: int) -> None:
    """Have the kernel send ``sig`` to this process when the thread of ``parent`` that made it ends.

    Only Linux has this; elsewhere nothing happens. The process ends itself at once when ``parent`` died before
    the request was made.
    """
    if _LIBC is None:
        return
    _LIBC.prctl(_PR_SET_PDEATHSIG, int(sig), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def spawn(
    command: Sequence[str | Path],
    *,
    death_signal: signal.Signals = signal.SIGTERM,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    output: IO[bytes] | None = None,
    account: Account | None = None,
) -> subprocess.Popen[bytes]:
    """Start ``command`` in a session of its own, so that the terminal's Ctrl-C does not reach it.

    It gets ``death_signal`` when this thread ends, by kill -9 too. ``output`` takes stdout and stderr; None
    leaves them on the terminal. Raises OSError where the program or the account can not be had.
    """
    parent = os.getpid()

    def in_child() -> None:
        die_with_parent(death_signal, parent)

    with warnings.catch_warnings():
        # From 3.12 on Python warns of forks beside threads; in_child takes no lock that a thread could hold.
        warnings.simplefilter("ignore", DeprecationWarning)
        return subprocess.Popen(
            [os.fspath(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            env=env,
            cwd=cwd,
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            preexec_fn=in_child if IS_LINUX else None,
        )


def wait_for(condition: Callable[[], bool], seconds: float, on_wait: Callable[[], None] | None = None) -> bool:
    """Wait until ``condition`` holds, at most ``seconds``; say whether it does.

    ``on_wait`` is called at each look and may raise to end the wait.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if on_wait:
            on_wait()
        if time.monotonic() >= deadline:
            return False
        time.sleep(_TICK_S)
    return True


def stop_group(
    process: subprocess.Popen[bytes],
    sig: signal.Signals,
    seconds: float,
    hurry: Callable[[], bool] = lambda: False,
) -> None:
    """Ask ``process`` to end with ``sig``; after ``seconds``, or when ``hurry()``, kill its whole group."""
    if process.poll() is None:
        process.send_signal(sig)
        wait_for(lambda: process.poll() is not None or hurry(), seconds)
    # Also when the leader went by itself: what it left behind in its group must not stay.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def tail(log: Path, lines: int = 15) -> str:
    """The last ``lines`` of ``log``, indented; a word about it where there are none."""
    try:
        with log.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 16_384))
            text = file.read().decode(errors="replace")
    except OSError:
        text = ""
    found = text.splitlines()[-lines:]
    return "\n".join(f"  {line}" for line in found) or f"  ({log} is empty)"
