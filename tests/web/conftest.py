"""The built app in Chromium, against a real server.

Without Chromium these tests are skipped, unless WEB_TESTS=required; so are they without Node to build the bundle with.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, sync_playwright

from devkit import web
from tests.support.server import Server
from tests.support.world import Account, World
from tests.web.browser import ARGUMENTS, Visitor, find_chromium

Visit = Callable[..., Visitor]


def _miss(why: str) -> None:
    if os.environ.get("WEB_TESTS") == "required":
        pytest.fail(why)
    pytest.skip(why)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, for the whole run; and the bundle, built where it is not that of the sources."""
    program = find_chromium()
    if program is None:
        _miss("There is no Chromium here (Debian: apt-get install chromium; or set CHROMIUM to one).")
    if web.main(["build", "--if-needed"]) != 0:
        _miss("The web client can not be built here; why is above.")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield started
        started.close()


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
