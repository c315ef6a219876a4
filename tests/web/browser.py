"""A browser context that notices what must never happen in it, and what people do in its tabs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Final, Self

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect

from devkit.web import ROOT
from tests.support.world import PASSWORD, Account

AXE: Final = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
SCREENSHOTS: Final = ROOT / "build" / "screenshots"
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

_WATCH: Final = """
    window.seen = [];
    document.addEventListener("securitypolicyviolation", (event) => window.tellViolation(
        `${event.violatedDirective}: ${event.blockedURI} ${event.sample}`));
    window.alert = window.confirm = window.prompt = () => window.tellViolation("a script of somebody else ran");
"""


class Visitor:
    """One browser with its cookies: somebody with some tabs."""

    def __init__(self, browser: Browser, url: str, **options: Any) -> None:
        self.url = url
        self.context: BrowserContext = browser.new_context(base_url=url, **options)
        self.context.set_default_timeout(15_000)
        self.troubles: list[str] = []
        self.context.expose_function("tellViolation", lambda what: self.troubles.append(what))
        self.context.add_init_script(_WATCH)
        self.context.on("weberror", lambda error: self.troubles.append(str(error.error)))
        self.context.on("console", self._hear)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.context.close()
        if kind is None:
            assert self.troubles == []

    def sign_in(self, account: Account) -> None:
        """Get the cookies of a session, past the page."""
        answer = self.context.request.post("/api/auth/login", data={"email": account.email, "password": PASSWORD})
        assert answer.ok, answer.text()

    def open(self, path: str = "/") -> Page:
        """A tab at ``path``."""
        page = self.context.new_page()
        page.goto(path)
        return page

    def _hear(self, message: ConsoleMessage) -> None:
        """Whatever the browser complains of; refused requests it tells of too, and they are the tests' own."""
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.troubles.append(message.text)


def composer(page: Page) -> Locator:
    """Where a message is written."""
    return page.get_by_label("Your message", exact=True)


def send(page: Page, text: str) -> None:
    """Write a message, press Enter, and wait until it is on its way."""
    before = page.locator(".message.from-user").count()
    composer(page).fill(text)
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_enabled()
    composer(page).press("Enter")
    expect(page.locator(".message.from-user")).to_have_count(before + 1)


def answers(page: Page) -> Locator:
    """The answers in the chat, the one that is being written too."""
    return page.locator(".message.from-agent")


def await_end(page: Page) -> None:
    """Wait until nothing is being written."""
    expect(page.locator(".running-answer")).to_have_count(0)
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()


def await_draft(page: Page, text: str) -> None:
    """Wait until the browser has kept what is written. (Playwright's own way needs eval, which the page forbids.)"""
    deadline = time.monotonic() + 10
    while text not in page.evaluate("Object.values(localStorage)"):
        assert time.monotonic() < deadline, f"{text!r} was not kept"
        page.wait_for_timeout(50)


def faults(page: Page) -> list[str]:
    """What axe finds wrong with the page as it is."""
    page.evaluate(AXE.read_text())
    # Colours on their way from one to another are no colours to be judged.
    page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished.catch(() => {})))")
    found = page.evaluate(
        "(rules) => axe.run(document, {runOnly: rules, resultTypes: ['violations']})",
        RULES,
    )
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def keep(page: Page, name: str) -> Path:
    """Keep a picture of the page for people to look at."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    path = SCREENSHOTS / f"{name}.png"
    page.screenshot(path=path)
    return path
