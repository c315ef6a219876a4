"""The nginx that is shipped, in a real nginx: what it passes on, what it refuses, and what it never sends twice."""

from __future__ import annotations

import itertools
import json
import re
import socket
import ssl
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from chatstream.http.security_headers import HEADERS, HSTS
from chatstream.http.web_app import PAGE_POLICY
from devkit.processes import wait_for
from tests.deploy.nginx import Nginx, programs
from tests.support.raw_server import CaptureServer, chunk, chunked_head, response
from tests.support.server import free_port

MIB = 1 << 20
OK = response(b"{}", headers=["Connection: close"])


@pytest.fixture(params=programs(), ids=lambda program: Path(program).name)
def program(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


def client_of(nginx: Nginx) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.verify = str(nginx.pem)
    return session


def test_the_shipped_configuration_is_accepted(program: str, tmp_path: Path) -> None:
    with Nginx(program, [free_port(), free_port()], tmp_path) as nginx:
        result = subprocess.run([*nginx.command, "-t"], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    complaints = [line for line in result.stderr.splitlines() if "[warn]" in line]
    assert all('"listen ... http2" directive is deprecated' in line for line in complaints), complaints


@pytest.fixture
def served(program: str, tmp_path: Path) -> Iterator[tuple[Nginx, CaptureServer]]:
    """nginx before one node that says {} to everything."""
    with CaptureServer([(0, OK)]) as node, Nginx(program, [node.port], tmp_path) as nginx:
        yield nginx, node


def test_a_node_is_told_who_asks_and_not_what_the_client_made_up(served: tuple[Nginx, CaptureServer]) -> None:
    nginx, node = served
    forged = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example"}
    with client_of(nginx) as client:
        client.get(f"{nginx.url}/api/auth/me", headers={**forged, "X-Request-ID": "mine-1"})
    head = node.requests[0].decode()
    assert re.findall(r"X-Forwarded-(?:For|Proto|Host): (.*)\r", head) == ["127.0.0.1", "https", "localhost"]
    assert "X-Request-ID: mine-1\r" in head
    assert wait_for(lambda: nginx.access_log.read_text() != "", 5)
    line = json.loads(nginx.access_log.read_text())
    assert (line["request_id"], line["status"], line["client"]) == ("mine-1", 200, "127.0.0.1")


def test_an_id_that_is_no_token_is_replaced(served: tuple[Nginx, CaptureServer]) -> None:
    nginx, node = served
    with client_of(nginx) as client:
        client.get(f"{nginx.url}/api/auth/me", headers={"X-Request-ID": "two words"})
    assert re.search(r"X-Request-ID: [0-9a-f]{32}\r", node.requests[0].decode())


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/api/agents/6d1f/avatar", 3 * MIB),
        ("/api/chats/import", 17 * MIB),
        ("/api/chats/6d1f/messages", MIB),
        ("/api/auth/login", MIB),
    ],
)
def test_each_route_has_its_limit(served: tuple[Nginx, CaptureServer], path: str, most: int) -> None:
    nginx, node = served
    with client_of(nginx) as client:
        assert client.post(nginx.url + path, data=b"x" * most).status_code == 200
        refused = client.post(nginx.url + path, data=b"x" * (most + 1))
    assert (refused.status_code, refused.json()["code"]) == (413, "body_too_large")
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert len(node.requests) == 1


def test_what_nginx_refuses_has_the_shape_of_a_problem(program: str, tmp_path: Path) -> None:
    with Nginx(program, [free_port()], tmp_path) as nginx, client_of(nginx) as client:
        no_node = client.get(f"{nginx.url}/api/auth/me", headers={"X-Request-ID": "mine-2"})
        too_long = client.get(f"{nginx.url}/api/auth/me", headers={"X-Long": "x" * 20_000})
    assert no_node.status_code == 502
    assert no_node.json() == {
        "type": "urn:chatstream:problem:bad_gateway",
        "title": "Bad Gateway",
        "status": 502,
        "detail": "No node answered. What was asked for may have been done: look before you ask again.",
        "code": "bad_gateway",
        "request_id": "mine-2",
    }
    assert no_node.headers["X-Request-ID"] == "mine-2"
    assert no_node.headers["Cache-Control"] == "no-store"
    assert (too_long.status_code, too_long.json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "//metrics"])
def test_metrics_are_closed_to_the_outside(served: tuple[Nginx, CaptureServer], path: str) -> None:
    nginx, node = served
    with client_of(nginx) as client:
        assert client.get(nginx.url + path).status_code == 404
    assert node.requests == []


def test_a_stream_arrives_as_it_is_said(program: str, tmp_path: Path) -> None:
    writes = [(0.0, chunked_head("text/event-stream")), *[(0.3, chunk(b"data: 1\n\n"))] * 3, (0.0, chunk(b""))]
    with CaptureServer(writes) as node, Nginx(program, [node.port], tmp_path) as nginx, client_of(nginx) as client:
        arrivals = []
        with client.post(f"{nginx.url}/api/chats/6d1f/messages", data=b"{}", stream=True) as answer:
            for _ in answer.iter_content(None):
                arrivals.append(time.monotonic())
    assert len(arrivals) == 3
    assert all(0.2 < later - earlier < 0.6 for earlier, later in itertools.pairwise(arrivals))


@pytest.mark.parametrize(
    ("method", "path", "asked"),
    [
        ("GET", "/api/chats/6d1f", 2),
        ("POST", "/api/chats/6d1f/messages", 1),
        ("PUT", "/api/chats/6d1f/messages/77", 1),
        ("PUT", "/api/chats/6d1f", 1),
        ("PATCH", "/api/team", 1),
        ("DELETE", "/api/chats/6d1f", 1),
        ("DELETE", "/api/agents/6d1f/avatar", 1),
    ],
)
def test_only_reading_is_tried_at_another_node(
    program: str, tmp_path: Path, method: str, path: str, asked: int
) -> None:
    """Both nodes read the request and hang up, as one does that is killed at work."""
    with ExitStack() as stack:
        nodes = [stack.enter_context(CaptureServer([])) for _ in range(2)]
        nginx = stack.enter_context(Nginx(program, [node.port for node in nodes], tmp_path))
        with client_of(nginx) as client:
            answer = client.request(method, nginx.url + path, data=b"{}")
    assert (answer.status_code, answer.json()["code"]) == (502, "bad_gateway")
    assert sum(len(node.requests) for node in nodes) == asked


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_node_that_is_gone_is_not_noticed(program: str, tmp_path: Path, method: str) -> None:
    with (
        CaptureServer([(0, OK)]) as node,
        Nginx(program, [free_port(), node.port], tmp_path) as nginx,
        client_of(nginx) as client,
    ):
        statuses = [client.request(method, f"{nginx.url}/api/chats/").status_code for _ in range(6)]
    assert statuses == [200] * 6


def test_an_app_in_its_folder_is_served_and_its_own_paths_lead_to_it(served: tuple[Nginx, CaptureServer]) -> None:
    nginx, node = served
    (nginx.app / "assets").mkdir()
    (nginx.app / "index.html").write_text("<!doctype html>app")
    (nginx.app / "assets" / "a1b2.js").write_text("1" * 100)
    with client_of(nginx) as client:
        pages = [client.get(nginx.url + path) for path in ("/", "/chats/6d1f")]
        script = client.get(f"{nginx.url}/assets/a1b2.js")
    assert {page.text for page in pages} == {"<!doctype html>app"}
    assert {page.headers["Cache-Control"] for page in pages} == {"no-cache"}
    assert "immutable" in script.headers["Cache-Control"]
    assert script.headers["Content-Encoding"] == "gzip"
    for answer in (*pages, script):
        said = {name: answer.headers.get(name) for name in (*HEADERS, HSTS[0])}
        assert said == {**HEADERS, "Content-Security-Policy": PAGE_POLICY, HSTS[0]: HSTS[1]}
    assert node.requests == []


@pytest.mark.parametrize("path", ["/", "/chats/6d1f", "/assets/of-the-next-release.js", "/docs-assets/start.js"])
def test_what_is_not_in_its_folder_comes_from_a_node(served: tuple[Nginx, CaptureServer], path: str) -> None:
    nginx, node = served
    with client_of(nginx) as client:
        answer = client.get(nginx.url + path)
    assert (answer.status_code, answer.text) == (200, "{}")
    assert "Content-Security-Policy" not in answer.headers  # the node's own word counts
    assert node.requests[0].startswith(f"GET {path} ".encode())


def test_another_name_and_plain_http_get_nothing(served: tuple[Nginx, CaptureServer]) -> None:
    nginx, _ = served
    trusting = ssl.create_default_context(cafile=nginx.pem)
    trusting.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection(("127.0.0.1", nginx.port)) as connection,
        pytest.raises(ssl.SSLError, match=r"(?i)unrecognized.name"),
    ):
        trusting.wrap_socket(connection, server_hostname="other.example")
    with (
        socket.create_connection(("127.0.0.1", nginx.port)) as connection,
        trusting.wrap_socket(connection, server_hostname="localhost") as secure,
    ):
        assert secure.selected_alpn_protocol() == "h2"
    plain = requests.get(
        f"http://localhost:{nginx.plain_port}/api/auth/me?a=b", allow_redirects=False, timeout=30, proxies={}
    )
    assert (plain.status_code, plain.headers["Location"]) == (301, "https://localhost/api/auth/me?a=b")


def test_old_tls_is_refused(served: tuple[Nginx, CaptureServer]) -> None:
    """By the default server, whose word counts before the client has said a name."""
    nginx, _ = served
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with (
        socket.create_connection(("127.0.0.1", nginx.port)) as connection,
        pytest.raises(ssl.SSLError, match=r"(?i)protocol.version"),
    ):
        old.wrap_socket(connection, server_hostname="localhost").close()
