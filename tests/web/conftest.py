"""The built app in Chromium, against a real server. Without Node to build it these tests are skipped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser

from devkit import web
from tests.support.chromium import go_without
from tests.support.server import Server
from tests.support.world import Account, World
from tests.web.browser import Visitor

Visit = Callable[..., Visitor]


@pytest.fixture(scope="session")
def browser(chromium: Browser) -> Browser:
    """Chromium, with the bundle built where it is not that of the sources."""
    if web.main(["build", "--if-needed"]) != 0:
        go_without("The web client can not be built here; why is above.")
    return chromium


@pytest.fixture(scope="session")
def _web_server(_app: Flask, variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with_bundle = {**variables, "WEB_APP": str(web.Web().bundle), "GRACEFUL_TIMEOUT": "5"}
    with Server(with_bundle, tmp_path_factory.mktemp("server") / "log") as server:
        yield server


@pytest.fixture
def server(_web_server: Server, app: Flask) -> Server:  # the database is emptied first
    """A server that serves the built app, on an empty database."""
    return _web_server


@pytest.fixture
def visit(browser: Browser, server: Server) -> Iterator[Visit]:
    """Opens a browser of its own for somebody, signed in where an account is given."""
    with ExitStack() as stack:

        def visit(account: Account | None = None, **options: Any) -> Visitor:
            visitor = stack.enter_context(Visitor(browser, options.pop("url", server.url), **options))
            if account:
                visitor.sign_in(account)
            return visitor

        yield visit


@pytest.fixture
def account(world: World) -> Account:
    """Somebody with a name, in a team of their own."""
    return world.account(name="Ada")
