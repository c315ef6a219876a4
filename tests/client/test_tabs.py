"""The client library in real tabs of one browser, under the policy of our pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page

from devkit.node import Node
from devkit.web import Web
from tests.support.server import Server
from tests.support.web_app import PAGE
from tests.support.world import PASSWORD, World

IMPORTED = "const {createClient} = await import('/assets/client.js'); const client = createClient();"
SIGN_IN = f"async body => {{ {IMPORTED} await client.request('POST', '/api/auth/login', {{body}}); }}"
ASK_OFTEN = f"""async () => {{
    {IMPORTED}
    const asked = Array.from({{length: 20}}, () => client.request('GET', '/api/auth/me'));
    return (await Promise.all(asked)).map(({{email}}) => email);
}}"""


@pytest.fixture
def served(
    _app: Flask, app: Flask, variables: dict[str, str], node: Node, tmp_path: Path
) -> Iterator[tuple[Server, World]]:
    """A server of a page that has the library."""
    web = Web()
    folder = tmp_path / "page"
    web.run(node, "run", "--silent", "bundle", "--workspace", "client", "--", str(folder))
    (folder / "index.html").write_text(PAGE.replace("app-a1b2", "client"))
    with Server({**variables, "WEB_APP": str(folder), "GRACEFUL_TIMEOUT": "5"}, tmp_path / "log") as server:
        yield server, World(app)


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """What the tabs of one browser share."""
    with chromium.new_context() as context:
        yield context


def test_tabs_share_one_refresh(served: tuple[Server, World], context: BrowserContext) -> None:
    server, world = served
    account = world.account()
    refreshes: list[str] = []
    complaints: list[str] = []
    tabs = [context.new_page() for _ in range(4)]
    for tab in tabs:
        tab.on("console", lambda message: complaints.append(message.text))
        tab.goto(f"{server.url}/chats/some-chat")
    tabs[0].evaluate(SIGN_IN, {"email": account.email, "password": PASSWORD})
    context.on("request", lambda request: refreshes.append(request.url) if "refresh" in request.url else None)
    for _ in range(3):
        refreshes.clear()
        context.clear_cookies(name="access_token")
        assert all_at_once(tabs) == [[account.email] * 20] * len(tabs)
        assert refreshes == [f"{server.url}/api/auth/refresh"]
    assert [text for text in complaints if "Failed to load resource" not in text] == []  # the 401s, an icon


def all_at_once(tabs: list[Page]) -> list[list[str]]:
    """Start the same in every tab, then wait for all of them."""
    for tab in tabs:
        tab.evaluate(f"void (window.asked = ({ASK_OFTEN})())")
    return [tab.evaluate("window.asked") for tab in tabs]
