"""Threads for CPU work: their priority, and that a refusal to lower it does not matter."""

from __future__ import annotations

import os
import sys
import threading

import bcrypt
import pytest

from chatstream.services import passwords
from chatstream.services.offload import Offload, usable_cores
from chatstream.services.passwords import PasswordHasher

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="priorities belong to threads on Linux only")


def priority() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def offload(nice: int = 0) -> Offload:
    return Offload("passwords", threads=1, queue=2, busy="Busy.", nice=nice)


def test_hashes_are_made_at_a_low_priority(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[int] = []

    def hashpw(_password: bytes, _salt: bytes) -> bytes:
        found.append(priority())
        return b"$2b$04$"

    monkeypatch.setattr(bcrypt, "hashpw", hashpw)
    before = priority()
    PasswordHasher(pepper="p" * 32, rounds=4).hash("a password")
    assert found == [passwords.NICE]
    assert priority() == before, "the loop's own thread keeps its priority"


def test_other_work_keeps_its_priority() -> None:
    assert offload().run(priority) == priority()


def test_a_priority_that_is_refused_does_not_stop_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "setpriority", refuse)
    assert offload(nice=10).run(lambda: "done") == "done"


def test_as_many_threads_as_cores_that_may_be_used() -> None:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert usable_cores() == 1
    finally:
        os.sched_setaffinity(0, before)
    assert usable_cores() == len(before)
