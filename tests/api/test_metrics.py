"""Metrics: summed over workers, bounded in their series, and not for everybody."""

from __future__ import annotations

import os
import re
import signal
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from chatstream.metrics import folder
from tests.api.test_operations import production
from tests.conftest import SignIn
from tests.support.person import Person
from tests.support.server import Server
from tests.support.world import PASSWORD, World

Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


def series(text: str) -> Series:
    """Every sample by its name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(found: Series, name: str, **labels: str) -> float:
    """The sum of the samples of a name whose labels include these."""
    return sum(
        count
        for (own, has), count in found.items()
        if own == f"chatstream_{name}" and labels.items() <= dict(has).items()
    )


def scraped(url: str) -> Series:
    answer = requests.get(f"{url}/metrics", timeout=30)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return series(answer.text)


def workers_of(server: Server) -> list[int]:
    arbiter = server.child.pid
    return [int(pid) for pid in Path(f"/proc/{arbiter}/task/{arbiter}/children").read_text().split()]


def wait_for(found: Any, *, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture
def pair(app: Flask, variables: dict[str, str], tmp_path: Path) -> Iterator[Server]:
    """A server with two workers."""
    with Server({**variables, "WEB_CONCURRENCY": "2", "GRACEFUL_TIMEOUT": "5"}, tmp_path / "log") as server:
        wait_for(lambda: len(workers_of(server)) == 2)
        yield server


def test_two_workers_are_one_and_outlive_their_deaths(world: World, pair: Server, simulator: str) -> None:
    account = world.account()
    agents = [world.agent(account.team_id, f"{simulator}{options}") for options in ("", "?fail=reset")]
    for agent_id in agents:
        with Person(pair.url, account) as person:
            person.send(person.open_chat(agent_id), "Hello")
    for _ in range(40):
        requests.get(f"{pair.url}/healthz", timeout=30)
    wait_for(lambda: value(scraped(pair.url), "workers") == 2)
    before = scraped(pair.url)
    assert len(list(folder_of(pair).glob("counter_*.db"))) == 2
    assert value(before, "http_requests_total", route="/healthz", status="2xx") >= 40
    assert value(before, "generations_total", outcome="complete") == 1
    assert value(before, "messages_total") == 4
    assert value(before, "auth_attempts_total", kind="login", outcome="ok") == 2
    assert value(before, "first_token_seconds_count") >= 1
    assert value(before, "generation_duration_seconds_count", agent="") == 2
    assert value(before, "sse_connection_duration_seconds_count") == 2
    assert value(before, "sse_connections") == value(before, "generations_running") == 0
    assert value(before, "db_query_duration_seconds_count") > 10
    assert value(before, "db_pool_size") == 60
    assert value(before, "shared_log_write_duration_seconds_count") >= 1
    assert value(before, "upstream_failures_total", code="upstream_reset") == 1
    assert value(before, "errors_total", severity="error") == 1
    assert value(before, "resident_memory_bytes") > 50 << 20
    assert value(before, "cpu_seconds_total") > 0

    for pid in workers_of(pair):
        os.kill(pid, signal.SIGKILL)
    pair.wait_for(f"{pair.url}/healthz")
    wait_for(lambda: value(scraped(pair.url), "workers") == 2)
    after = scraped(pair.url)
    for (name, labels), count in before.items():
        if name.endswith(("_total", "_count", "_bucket")):
            assert after[name, labels] >= count, (name, labels)
    assert value(after, "db_pool_size") == 60
    assert value(after, "generations_running") == 0

    killed = workers_of(pair)
    pair.child.send_signal(signal.SIGHUP)
    wait_for(lambda: not set(killed) & set(workers_of(pair)))
    reloaded = scraped(pair.url)
    assert value(reloaded, "http_requests_total") > value(before, "http_requests_total")
    assert value(reloaded, "generations_total", outcome="complete") == 1


def test_a_worker_that_is_killed_takes_its_streams_out_of_the_gauges(
    world: World, pair: Server, simulator: str
) -> None:
    account = world.account()
    agent_id = world.agent(account.team_id, f"{simulator}?tokens=1000&interval_ms=50")
    with Person(pair.url, account) as person, person.begin(person.open_chat(agent_id)) as response:
        next(response.iter_content(1))
        found = scraped(pair.url)
        assert value(found, "sse_connections") == value(found, "generations_running") == 1
        for pid in workers_of(pair):
            os.kill(pid, signal.SIGKILL)
    pair.wait_for(f"{pair.url}/healthz")
    wait_for(lambda: value(scraped(pair.url), "generations_running") == 0)
    assert value(scraped(pair.url), "sse_connections") == 0


def folder_of(server: Server) -> Path:
    """Where the workers of a server count."""
    maps = Path(f"/proc/{workers_of(server)[0]}/maps").read_text()
    match = re.search(rf"(\S+/{folder.PREFIX}[^/]+)/", maps)
    assert match, maps
    return Path(match[1])


def test_counts_of_many_dead_workers_become_one_file(app: Flask, pair: Server) -> None:
    place = folder_of(pair)
    for _ in range(5):
        for _ in range(10):
            requests.get(f"{pair.url}/healthz", timeout=30)
        before = value(scraped(pair.url), "http_requests_total", route="/healthz")
        dead = workers_of(pair)
        for pid in dead:
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: len(set(workers_of(pair)) - set(dead)) == 2)  # noqa: B023
        pair.wait_for(f"{pair.url}/healthz")
        assert value(scraped(pair.url), "http_requests_total", route="/healthz") > before
    names = [file.name for file in place.glob("*.db")]
    assert "counter_gone.db" in names
    assert "histogram_gone.db" in names
    assert len(names) < 30
    pair.stop()
    assert not place.exists()


def test_what_a_killed_gunicorn_leaves_is_deleted(app: Flask, variables: dict[str, str], tmp_path: Path) -> None:
    with Server(variables, tmp_path / "first") as first:
        left = folder_of(first)
        pids = [first.child.pid, *workers_of(first)]
        with Server(variables, tmp_path / "second"):
            assert left.exists(), "it is in use"
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        first.child.wait()
        wait_for(lambda: not any(Path(f"/proc/{pid}/fd/0").exists() for pid in pids))
    with Server(variables, tmp_path / "third"):
        assert not left.exists()


def test_the_number_of_series_does_not_grow_with_ids(app: Flask, world: World, sign_in: SignIn) -> None:
    client = sign_in(world.account(role="admin"))

    def visit() -> None:
        for _ in range(30):
            for method, path, body in (
                ("GET", f"/api/chats/{uuid.uuid4()}", None),
                ("PUT", f"/api/agents/{uuid.uuid4()}", {"name": "x"}),
                ("GET", f"/{uuid.uuid4()}/{uuid.uuid4()}", None),
                ("GET", f"/api/{uuid.uuid4()}/{uuid.uuid4()}", None),
                ("BREW", "/healthz", None),
                ("POST", "/api/auth/login", {"email": f"{uuid.uuid4()}@example.org", "password": "x" * 9}),
                ("GET", "/metrics", None),
            ):
                client.open(path, method=method, json=body, buffered=True)

    visit()
    before = series(client.get("/metrics").text)
    visit()
    after = series(client.get("/metrics").text)
    assert before.keys() == after.keys()
    assert value(after, "http_requests_total", route="unmatched", method="GET", status="4xx") >= 60
    assert not any(re.search("[0-9a-f]{8}-", str(labels)) for _, labels in after)


def asked(client: FlaskClient, address: str = "127.0.0.1", **headers: str) -> int:
    return client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address}).status_code


def test_without_a_token_this_machine_alone_may_read(app: Flask) -> None:
    client = app.test_client()
    assert [asked(client, address) for address in ("127.0.0.1", "::1", "127.9.9.9")] == [200] * 3
    assert [asked(client, address) for address in ("10.0.0.1", "192.0.2.1", "::ffff:192.0.2.1", "", "x")] == [404] * 5
    assert asked(client, **{"X-Forwarded-For": "127.0.0.1"}) == 404
    assert asked(client, Via="1.1 proxy") == 404


def test_with_a_token_whoever_has_it_may_read(variables: dict[str, str]) -> None:
    token = "Zq3vT9wLx2Rk8uYb6NcJd4Hf7Gs5Ap1M"
    client = production(variables, METRICS_TOKEN=token).test_client()
    assert asked(client, "192.0.2.1", Authorization=f"Bearer {token}") == 200
    for sent in ("", "Bearer", f"Bearer {token}x", f"Basic {token}", token, "Bearer \udcff"):
        answer = client.get("/metrics", headers={"Authorization": sent} if sent else {})
        assert (answer.status_code, answer.get_json()["code"]) == (401, "invalid_scraper_token")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_times_are_told_by_agent_where_a_setting_says_so(
    world: World, variables: dict[str, str], simulator: str, tmp_path: Path
) -> None:
    account = world.account()
    agent_id = world.agent(account.team_id, simulator)
    with (
        Server({**variables, "METRICS_BY_AGENT": "on"}, tmp_path / "log") as server,
        Person(server.url, account) as person,
    ):
        person.send(person.open_chat(agent_id))
        found = scraped(server.url)
    assert value(found, "first_token_seconds_count", agent=agent_id) == 1
    assert PASSWORD not in str(found)
