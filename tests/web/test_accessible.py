"""WCAG 2.2 AA as far as axe can tell, in both themes and at both widths; and the keyboard alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.person import Person
from tests.support.world import Account, World
from tests.web.browser import answers, await_end, composer, faults, keep, send
from tests.web.conftest import Visit

Arrive = Callable[[Account], Person]
WIDE = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


def check(page: Page, name: str) -> None:
    """Nothing that axe minds, no sideways scrolling, and a picture for people."""
    keep(page, name)
    assert faults(page) == [], name
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is too wide"


@pytest.mark.parametrize(("width", "size", "colours"), [("wide", WIDE, "light"), ("phone", PHONE, "dark")])
def test_every_screen(
    visit: Visit, world: World, account: Account, simulator: str, width: str, size: dict[str, int], colours: str
) -> None:
    world.agent(account.team_id, simulator, description="Answers everything")
    look = {"color_scheme": colours, "viewport": size, "reduced_motion": "reduce"}
    outside = visit(**look)
    where = f"{width}-{colours}"
    for name, path in (("sign-in", "/"), ("register", "/register"), ("reset", "/reset-password")):
        page = outside.open(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        check(page, f"{where}-{name}")
        page.close()
    page = visit(account, **look).open()
    expect(page.get_by_text("Answers everything")).to_be_visible()
    check(page, f"{where}-start")
    send(page, "code")
    expect(page.locator(".running-answer .code")).to_be_visible()
    check(page, f"{where}-running")
    await_end(page)
    expect(page.locator(".hljs-keyword").first).to_be_visible()
    send(page, "table")
    await_end(page)
    page.locator(".message").first.hover()
    check(page, f"{where}-conversation")
    send(page, "/sim fail=error_after after=3")
    expect(page.get_by_role("alert")).to_be_visible()
    check(page, f"{where}-failed")
    page.get_by_role("button", name="Good answer").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    check(page, f"{where}-dialog")
    page.keyboard.press("Escape")
    if width == "phone":
        page.get_by_role("button", name="Open the menu").click()
    page.get_by_role("button", name="Select chats").click()
    check(page, f"{where}-list")
    page.get_by_role("button", name="Menu of Ada").click()
    check(page, f"{where}-menu")
    page.keyboard.press("Escape")
    for name, path in (("search", "/search?q=code"), ("account", "/account"), ("nothing", "/no/such/page")):
        page.goto(path)
        expect(page.locator(".hit, .row, .page-content a").first).to_be_visible()
        check(page, f"{where}-{name}")


def test_the_theme_is_chosen_and_kept(visit: Visit, account: Account) -> None:
    visitor = visit(account, color_scheme="light")
    page, other = visitor.open("/account"), visitor.open("/account")
    expect(other.get_by_role("heading", name="Account")).to_be_visible()

    def background(tab: Page) -> str:
        return str(tab.evaluate("getComputedStyle(document.body).backgroundColor"))

    light = background(page)
    page.get_by_label("Dark").check(force=True)
    assert background(page) != light
    expect(other.locator("html[data-theme=dark]")).to_have_count(1)  # in the other tab too
    page.reload()
    expect(page.locator("html[data-theme=dark]")).to_have_count(1)
    page.get_by_label("As the system").check(force=True)
    assert background(page) == light
    page.emulate_media(color_scheme="dark")
    assert background(page) != light


def test_everything_by_keyboard(visit: Visit, world: World, account: Account, simulator: str) -> None:
    for name in ("First", "Second"):
        agent_id = world.agent(account.team_id, f"{simulator}?echo=1")
        world.change_agent(account.team_id, agent_id, name=name)
    page = visit(account).open()
    expect(composer(page)).to_be_focused()
    expect(page.get_by_role("radio")).to_have_count(2)
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("radio").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("by keyboard")
    page.keyboard.press("Enter")
    await_end(page)
    expect(answers(page)).to_contain_text("by keyboard")
    expect(composer(page)).to_be_focused()
    page.keyboard.press("?")  # a text field keeps its letters
    expect(composer(page)).to_have_value("?")
    page.locator(".transcript").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".transcript")).to_be_focused()
    menu = page.get_by_role("button", name="Actions for this chat")
    menu.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Rename")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("menuitem", name="Delete")).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).to_be_focused()
    page.keyboard.press("Shift+Escape")
    expect(composer(page)).to_be_focused()
    page.keyboard.press("Control+Shift+O")
    expect(page.get_by_role("heading", name="Hello, Ada")).to_be_visible()
    page.keyboard.press("Control+k")
    expect(page.get_by_label("Search your chats")).to_be_focused()
    page.goto("/account")
    expect(page.get_by_role("heading", name="Account")).to_be_focused()


def test_the_first_tab_stop_leads_past_the_side_bar(visit: Visit, world: World, account: Account) -> None:
    page = visit(account).open("/account")
    expect(page.get_by_role("heading", name="Account")).to_be_visible()
    skip = page.get_by_role("button", name="To the content")
    skip.focus()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
