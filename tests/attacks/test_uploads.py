"""Hostile uploads to a real server: refused with a 4xx, in flat memory, while others are served."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psutil
import pytest
import requests
from PIL import Image

from tests.faults.exchanges import workers_of
from tests.support.person import Person
from tests.support.server import Server
from tests.support.world import World

MIB = 1 << 20
FORM = {"Content-Type": "multipart/form-data; boundary=x"}
PART = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\na\r\n'


@pytest.fixture
def address(world: World, person: Callable[..., Person]) -> tuple[Person, str]:
    """An admin, and where the avatar of its agent is sent to."""
    account = world.account(role="admin")
    return person(account), f"/api/agents/{world.agent(account.team_id)}/avatar"


def memory(server: Server) -> int:
    return sum(psutil.Process(pid).memory_info().rss for pid in workers_of(server.child.pid))


@contextmanager
def pinging(server: Server) -> Iterator[list[float]]:
    """How long each of a row of small requests took that another client made meanwhile, in seconds."""
    done = threading.Event()
    delays: list[float] = []

    def ping() -> None:
        while not done.wait(0.01):
            started = time.monotonic()
            assert requests.get(f"{server.url}/healthz", timeout=30).status_code == 200
            delays.append(time.monotonic() - started)

    pinger = threading.Thread(target=ping)
    pinger.start()
    try:
        yield delays
        done.wait(0.1)
    finally:
        done.set()
        pinger.join()


def assert_nobody_waited(delays: Sequence[float]) -> None:
    """Others had their turns all the time: one may have been slow, on a busy machine, but not many were."""
    assert sum(delay > 0.3 for delay in delays) <= 1 + len(delays) / 10


def endless(size: int) -> Iterator[bytes]:
    yield PART[:-3]
    for _ in range(size // 65536):
        yield bytes(65536)


@pytest.mark.parametrize("kind", ["length", "chunked", "parts", "headers"])
def test_bombs(server: Server, address: tuple[Person, str], kind: str) -> None:
    client, path = address
    bodies: dict[str, Callable[[], object]] = {
        "length": lambda: bytes(50 * MIB),
        "chunked": lambda: endless(50 * MIB),
        "parts": lambda: PART * 10_000 + b"--x--\r\n",
        "headers": lambda: PART[:5] + b"X-Bomb: " + b"x" * (2 * MIB),
    }
    before = memory(server)
    with pinging(server) as delays:
        for _ in range(3):
            answer = client.http.post(client.url + path, data=bodies[kind](), headers=FORM, timeout=30)  # type: ignore[arg-type]
            assert answer.status_code == 413, answer.text
            assert answer.json()["code"] == "body_too_large"
    assert memory(server) - before < 20 * MIB
    assert_nobody_waited(delays)


def test_drawing_large_pictures_stalls_nobody(server: Server, address: tuple[Person, str]) -> None:
    client, path = address
    file = io.BytesIO()
    Image.new("RGBA", (5000, 5000), (10, 20, 30, 40)).save(file, "PNG", compress_level=1)
    picture = file.getvalue()
    cookies = client.http.cookies.get_dict()

    def upload() -> int:
        files = {"file": ("a.png", picture)}
        return requests.post(client.url + path, files=files, cookies=cookies, timeout=60).status_code

    with pinging(server) as delays, ThreadPoolExecutor(12) as pool:
        statuses = list(pool.map(lambda _: upload(), range(12)))
    assert set(statuses) == {200, 503}, "the queue is bounded"
    assert_nobody_waited(delays)
