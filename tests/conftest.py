"""A real PostgreSQL, built by the migrations; real servers where a test asks for one."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from chatstream import create_app
from chatstream.config import Settings
from chatstream.extensions import db, limiter
from devkit.embedded_postgres import EmbeddedPostgres
from devkit.node import WANTED, Node, find_node
from tests.support.chromium import chromium_or_skip
from tests.support.client import ClosingClient
from tests.support.person import Person
from tests.support.server import Server, Simulator
from tests.support.settings import WEBHOOK_TOKEN, environment
from tests.support.web_app import make_web_app
from tests.support.world import PASSWORD, Account, World

LONG = ("web", "client", "faults", "deploy", "streaming", "tracing")
"""Folders whose files take longest. They come first, so that none of them is begun when the others have ended."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first; apart from that, the order stays."""
    here = Path(__file__).parent

    def rank(item: pytest.Item) -> int:
        folder = item.path.relative_to(here).parts[0]
        return LONG.index(folder) if folder in LONG else len(LONG)

    items.sort(key=rank)


@pytest.fixture(scope="session", autouse=True)
def _loopback_only() -> Iterator[None]:
    """No test may leave this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not ipaddress.ip_address(address[0]).is_loopback:
            raise AssertionError(f"a test tried to connect to {address}")
        connect(self, address)

    socket.socket.connect = guarded  # type: ignore[assignment,method-assign]
    yield
    socket.socket.connect = connect  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A real browser, for the whole run."""
    with chromium_or_skip() as browser:
        yield browser


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A server without fsync, for the whole run."""
    with EmbeddedPostgres(tmp_path_factory.mktemp("postgres"), durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def variables(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of the application under test."""
    postgres.create_database("chatstream")
    web_app = make_web_app(tmp_path_factory.mktemp("web") / "app")
    return environment(postgres.url("chatstream"), WEB_APP=str(web_app))


@pytest.fixture(scope="session")
def _app(variables: dict[str, str]) -> Flask:
    app = create_app(Settings.from_environment(variables))
    app.test_client_class = ClosingClient
    with app.app_context():
        flask_migrate.upgrade()
    return app


def _empty_database() -> None:
    """Truncate everything; the servers of other tests look at the tables meanwhile, and may be in the way."""
    for attempt in range(10):
        try:
            db.session.execute(text("TRUNCATE teams, error_logs CASCADE"))
            db.session.commit()
        except OperationalError:
            db.session.rollback()
            if attempt == 9:
                raise
        else:
            return


@pytest.fixture
def app(_app: Flask) -> Iterator[Flask]:
    """The application in this process, on an empty database."""
    with _app.app_context():
        _empty_database()
        limiter.reset()
    yield _app
    with _app.app_context():
        db.engine.dispose()


@pytest.fixture
def world(app: Flask) -> World:
    """Makes teams, accounts and agents."""
    return World(app)


SignIn = Callable[[Account], FlaskClient]


@pytest.fixture
def sign_in(app: Flask) -> SignIn:
    """A test client signed in as an account."""

    def sign_in(account: Account) -> FlaskClient:
        client = app.test_client()
        answer = client.post("/api/auth/login", json={"email": account.email, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return client

    return sign_in


@pytest.fixture(scope="session")
def _simulator(variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with Simulator(variables, tmp_path_factory.mktemp("sim") / "log", WEBHOOK_TOKEN) as simulator:
        yield simulator


@pytest.fixture(scope="session")
def _server(_app: Flask, variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    quick_stop = {**variables, "GRACEFUL_TIMEOUT": "5"}
    with Server(quick_stop, tmp_path_factory.mktemp("server") / "log") as server:
        yield server


@pytest.fixture(scope="session")
def node() -> Node:
    """A Node, which the development requirements bring where the machine has none."""
    found = find_node()
    assert found is not None, f"there is no {WANTED}: make .venv anew"
    return found


@pytest.fixture
def simulator(_simulator: Simulator) -> str:
    """The address of the simulated n8n's demo webhook."""
    return f"{_simulator.url}/webhook/demo"


@pytest.fixture
def server(_server: Server, app: Flask) -> Server:  # the database is emptied first
    """One gevent worker under gunicorn, on an empty database."""
    return _server


@pytest.fixture
def person(server: Server) -> Iterator[Callable[[Account], Person]]:
    """Signs accounts in at the server."""
    with ExitStack() as stack:
        yield lambda account: stack.enter_context(Person(server.url, account))
