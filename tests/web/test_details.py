"""The small things: phones, other directions of writing, keys, what moves, long code, a session that ends meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from chatstream.n8n_sim import expected_text
from tests.support.person import Person
from tests.support.world import PASSWORD, Account, World
from tests.web.browser import answers, await_end, composer, keep, send
from tests.web.conftest import Visit
from tests.web.test_chats import act, fill, titled

Arrive = Callable[[Account], Person]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def fits(page: Page) -> bool:
    """Whether nothing makes the page scroll sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_a_phone_writes_lines_and_sends_by_the_button(
    visit: Visit, world: World, account: Account, person: Arrive, simulator: str
) -> None:
    agent_id = world.agent(account.team_id, f"{simulator}?echo=1")
    titled(person(account), agent_id, "Another chat")
    page = visit(account, **PHONE).open()
    field = composer(page)
    field.tap()
    field.press_sequentially("one")
    field.press("Enter")
    field.press_sequentially("two")
    expect(field).to_have_value("one\ntwo")
    expect(page.locator(".message")).to_have_count(0)
    page.get_by_role("button", name="Send", exact=True).tap()
    await_end(page)
    expect(answers(page)).to_contain_text("one")
    assert fits(page)
    page.get_by_role("button", name="Open the menu").tap()
    page.get_by_role("link", name="Another chat").tap()
    expect(page.get_by_role("heading", name="Another chat", level=1)).to_be_in_viewport()
    expect(page.get_by_role("link", name="Search")).not_to_be_in_viewport()  # the list has made way
    page.go_back()
    expect(answers(page)).to_contain_text("one")


def test_each_text_has_its_own_direction(
    app: Flask, visit: Visit, world: World, account: Account, person: Arrive
) -> None:
    (chat_id,) = titled(person(account), world.agent(account.team_id), "שלום עולם")
    code = "```js\nlet a = 'שלום';\n```"
    fill(app, chat_id, ["مرحبا، كيف الحال؟", f"English first.\n\nثم بالعربية:\n\n- بند\n\n{code}"])
    page = visit(account).open(f"/chats/{chat_id}")

    def direction(selector: str) -> Any:
        return page.locator(selector).first.evaluate("(element) => getComputedStyle(element).direction")

    expect(page.locator(".markdown pre")).to_be_visible()
    assert direction(".chat-item .ellipsis") == "rtl"
    assert direction(".from-user .plain") == "rtl"
    assert direction(".markdown > div:has(p)") == "ltr"
    assert direction(".markdown > div:has(p) ~ div:has(p)") == "rtl"
    assert direction(".markdown ul") == "rtl"
    assert direction(".markdown pre") == "ltr"
    room = "(element) => [getComputedStyle(element).paddingLeft, getComputedStyle(element).paddingRight]"
    before = composer(page).evaluate(room)
    composer(page).fill("שלום")
    assert direction("#composer") == "rtl"
    assert composer(page).evaluate(room) == before, "the button is where it was, and no text goes below it"


@pytest.mark.parametrize("width", [1280, 390])
def test_the_app_can_be_read_from_right_to_left(
    app: Flask, visit: Visit, world: World, account: Account, person: Arrive, width: int
) -> None:
    """As it is where strings.ts is in a language that is written so."""
    (chat_id,) = titled(person(account), world.agent(account.team_id), "Plans")
    fill(app, chat_id, ["Hello", "Hello\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- one\n- two"])
    page = visit(account, viewport={"width": width, "height": 844}).open(f"/chats/{chat_id}")
    expect(page.locator(".markdown table")).to_be_visible()
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert fits(page)
    field, button = (place.bounding_box() for place in (composer(page), page.get_by_role("button", name="Send")))
    assert field is not None
    assert button is not None
    padding = composer(page).evaluate("(element) => parseFloat(getComputedStyle(element).paddingLeft)")
    assert field["x"] + padding >= button["x"] + button["width"]
    assert composer(page).evaluate("(element) => getComputedStyle(element).direction") == "rtl"
    if width == 390:
        page.get_by_role("button", name="Open the menu").click()
    page.wait_for_timeout(300)  # a drawer has come in
    left, right = page.evaluate(
        """() => {
            const { left, right } = document.querySelector('.sidebar').getBoundingClientRect();
            return [left, right];
        }"""
    )
    assert left > 0
    assert abs(right - width) <= 1, "the side bar stands at the right"
    keep(page, f"right-to-left-{width}")


def test_nothing_moves_for_those_who_wish_it_so(visit: Visit, world: World, account: Account, simulator: str) -> None:
    world.agent(account.team_id, f"{simulator}?tokens=3&first_delay_ms=60000")
    still = """() => document.getAnimations().every((one) => {
        const { duration, iterations } = one.effect.getComputedTiming();
        return duration * iterations < 1;
    })"""
    moving = {}
    for wish in ("no-preference", "reduce"):
        page = visit(account, reduced_motion=wish).open()
        send(page, "Hello")
        expect(page.locator(".status-line .pulse")).to_be_visible()
        moving[wish] = not page.evaluate(still)
        page.keyboard.press("Escape")
        await_end(page)
    assert moving == {"no-preference": True, "reduce": False}


def test_what_the_workflow_does_is_said_quietly_until_its_first_word(
    visit: Visit, world: World, account: Account, simulator: str
) -> None:
    world.agent(account.team_id, f"{simulator}?tokens=40&delay_ms=50&first_delay_ms=1500")
    page = visit(account).open()
    send(page, "Hello")
    line = page.locator(".running-answer .status-line")
    expect(line).to_have_text("Sending request to n8n webhook...")
    expect(answers(page)).to_contain_text("t3 ")
    expect(line).to_have_count(0)
    await_end(page)


def test_a_session_that_ends_in_mid_answer_loses_nothing(
    visit: Visit, world: World, person: Arrive, account: Account, simulator: str
) -> None:
    world.agent(account.team_id, f"{simulator}?tokens=200&delay_ms=20")
    page = visit(account).open()
    send(page, "Hello")
    expect(answers(page)).to_contain_text("t10 ")
    composer(page).fill("half a thought")
    client = person(account)
    for session in client.get("/api/auth/sessions/").json()["items"]:
        if not session["current"]:
            assert client.http.delete(f"{client.url}/api/auth/sessions/{session['id']}").status_code == 204
    expect(page.get_by_text("Your session has ended.")).to_be_visible(timeout=30_000)
    expect(answers(page)).to_have_count(0)
    page.get_by_label("Email address").fill(account.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("You stopped this answer.")).to_be_visible()  # as the server does for a session that ends
    kept = answers(page).locator(".bubble").inner_text()
    assert kept.startswith("t1 t2 t3 ")
    assert expected_text(200).startswith(kept)
    expect(composer(page)).to_have_value("half a thought")


def test_keys_copy_the_last_answer_and_hide_the_side_bar(
    visit: Visit, world: World, account: Account, simulator: str
) -> None:
    world.agent(account.team_id, f"{simulator}?echo=1")
    page = visit(account, permissions=["clipboard-read", "clipboard-write"]).open()
    send(page, "**as it is**")
    await_end(page)
    page.keyboard.press("Control+Shift+;")
    expect(page.get_by_test_id("announcer")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "**as it is**"
    side = page.get_by_role("link", name="Search")
    expect(side).to_be_visible()
    page.keyboard.press("Control+b")
    expect(side).not_to_be_visible()
    page.reload()
    expect(answers(page)).to_have_count(1)
    expect(side).not_to_be_visible()
    page.keyboard.press("Control+b")
    expect(side).to_be_visible()


def test_a_dialog_that_asks_for_words_is_ready_for_them(
    visit: Visit, world: World, account: Account, person: Arrive
) -> None:
    titled(person(account), world.agent(account.team_id), "Plans")
    page = visit(account).open()
    act(page, "Plans", "Rename")
    expect(page.get_by_label("Title")).to_be_focused()
    page.keyboard.type("Better plans")  # in the place of the old title
    page.keyboard.press("Enter")
    expect(page.locator(".chat-item")).to_have_text(["Better plans"])


def test_long_code_has_all_of_its_colours_and_is_copied_as_it_is(
    app: Flask, visit: Visit, world: World, account: Account, person: Arrive
) -> None:
    (chat_id,) = titled(person(account), world.agent(account.team_id), "Code")
    code = "".join(f"def part_{n}(x):\n    return 'words', x + {n}\n\n" for n in range(200))
    fill(app, chat_id, ["Code, please", f"Here:\n\n```python\n{code}```\n\nThat is all."])
    visitor = visit(account, permissions=["clipboard-read", "clipboard-write"])
    page = visitor.open(f"/chats/{chat_id}")
    expect(page.locator(".markdown .hljs-string")).to_have_count(200)
    assert page.locator(".markdown pre").evaluate("(pre) => pre.textContent") == code
    page.locator(".markdown pre").evaluate("(pre) => getSelection().selectAllChildren(pre)")
    assert page.evaluate("getSelection().toString()").rstrip("\n") == code.rstrip("\n")
    lines = page.locator(".markdown pre").evaluate("""(pre) => {
        const { paddingTop, paddingBottom, lineHeight } = getComputedStyle(pre);
        return (pre.clientHeight - parseFloat(paddingTop) - parseFloat(paddingBottom)) / parseFloat(lineHeight);
    }""")
    assert round(lines) == code.count("\n"), "no line more and none less is seen"
    page.get_by_role("button", name="Copy the code").click()
    expect(page.get_by_role("button", name="Copy the code")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == code
    page.locator(".transcript").evaluate("(element) => { element.scrollTop = 600; }")
    keep(page, "long-code")
