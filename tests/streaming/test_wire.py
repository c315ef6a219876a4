"""Requests that are wrong below HTTP's surface, at a real gunicorn."""

from __future__ import annotations

import re
import socket
import threading
from pathlib import Path

import pytest

from devkit.embedded_valkey import EmbeddedValkey
from tests.support.person import Person
from tests.support.server import Server
from tests.support.world import PASSWORD, World

HEAD = b"POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


def exchange(server: Server, request: bytes, *, shut: bool = False) -> tuple[int, bytes]:
    """Status and body of the answer to raw bytes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as raw:
        raw.sendall(request)
        if shut:
            raw.shutdown(socket.SHUT_WR)
        answer = b""
        while b"\r\n\r\n" not in answer or len(answer) < _length(answer):
            data = raw.recv(65536)
            if not data:
                break
            answer += data
    assert answer, "no answer at all"
    return int(answer.split(b" ")[1]), answer.partition(b"\r\n\r\n")[2]


def _length(answer: bytes) -> int:
    head, _, _ = answer.partition(b"\r\n\r\n")
    match = re.search(rb"(?i)content-length: (\d+)", head)
    return len(head) + 4 + (int(match[1]) if match else 0)


@pytest.mark.parametrize(
    "rest",
    [
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n-5\r\n{}\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\n{}\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}XX0\r\n\r\n",
        b"Transfer-Encoding: nonsense\r\n\r\n{}",
        b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"Content-Length: nonsense\r\n\r\n{}",
        b"Content-Length: 50000000\r\n\r\n{",
    ],
)
def test_bad_framing_is_the_clients_fault(server: Server, rest: bytes) -> None:
    status, _ = exchange(server, HEAD + rest, shut=True)
    assert 400 <= status < 500 or status == 501  # an unknown transfer coding (RFC 9112, section 6.1)
    assert exchange(server, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")[0] == 200


def test_a_cut_off_body_is_a_400(server: Server) -> None:
    status, body = exchange(server, HEAD + b'Content-Length: 100\r\n\r\n{"email"', shut=True)
    assert status == 400
    assert b'"bad_request"' in body


def test_a_chunked_body_is_read(server: Server, world: World) -> None:
    body = b'{"email": "%s", "password": "%s"}' % (world.account().email.encode(), PASSWORD.encode())
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body)
    status, answer = exchange(server, HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n")
    assert status == 200, answer


def test_a_chunked_body_has_the_same_bound(server: Server) -> None:
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as raw:
        raw.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")

        def flood() -> None:
            try:
                for _ in range(100):
                    raw.sendall(chunk)
                raw.sendall(b"0\r\n\r\n")
            except OSError:
                return  # refused in mid-body: just what is wanted

        sender = threading.Thread(target=flood)
        sender.start()
        answer = raw.recv(65536)
        sender.join()
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_the_login_limit_counts_over_workers_and_outlives_redis(
    variables: dict[str, str], world: World, tmp_path: Path
) -> None:
    account = world.account()
    body = {"email": account.email, "password": "wrong"}
    with EmbeddedValkey(tmp_path / "valkey") as valkey:
        shared = {**variables, "REDIS_URL": valkey.url, "WEB_CONCURRENCY": "2", "LOGIN_RATE_LIMIT": "5 per minute"}
        with Server(shared, tmp_path / "log") as server, Person(server.url, account) as person:
            ready = person.get("/readyz")
            assert ready.text == "database: ok\nmigrations: ok\nredis: ok\n"
            statuses = []
            for _ in range(12):
                person.http.close()  # a new connection each time, so that both workers are asked
                statuses.append(person.post("/api/auth/login", body).status_code)
            assert statuses == [401] * 4 + [429] * 8  # the fifth was signing in
            valkey.stop()
            assert person.post("/api/auth/login", {**body, "password": PASSWORD}).status_code == 200
            assert person.get("/readyz").status_code == 503
            assert person.get("/api/auth/me").status_code == 200
