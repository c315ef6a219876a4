"""A conversation as people have it: an answer that comes, is stopped, asked for again, rated; what goes wrong."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from chatstream.n8n_sim import expected_text
from tests.support.person import Person
from tests.support.world import Account, World
from tests.web.browser import answers, await_draft, await_end, composer, send
from tests.web.conftest import Visit

Arrive = Callable[[Account], Person]


def test_an_answer_comes_as_markdown_and_stays(visit: Visit, world: World, account: Account, simulator: str) -> None:
    world.agent(account.team_id, simulator)
    page = visit(account).open()
    expect(page.get_by_role("heading", name="Hello, Ada")).to_be_visible()
    send(page, "some code, please")
    expect(page.get_by_role("button", name="Stop the answer")).to_be_visible()
    expect(page.locator(".sidebar .running")).to_be_visible()
    expect(page.locator(".running-answer .code")).to_be_visible()  # while it is written
    await_end(page)
    expect(page.locator(".sidebar .running")).to_have_count(0)
    expect(page.get_by_role("heading", name="some code, please", level=1)).to_be_visible()
    expect(page.locator(".hljs-keyword").first).to_be_visible()
    before = answers(page).locator(".bubble").inner_text()
    page.reload()
    expect(answers(page)).to_have_count(1)
    expect(page.locator(".hljs-keyword").first).to_be_visible()
    assert answers(page).locator(".bubble").inner_text() == before


def test_the_status_region_tells_start_and_end_and_no_tokens(
    visit: Visit, world: World, account: Account, simulator: str
) -> None:
    world.agent(account.team_id, f"{simulator}?tokens=30&delay_ms=20")
    page = visit(account).open()
    page.evaluate(
        """() => { window.said = []; const place = document.querySelector('[data-testid=announcer]');
        new MutationObserver(() => window.said.push(place.textContent.trim()))
            .observe(place, {childList: true, characterData: true, subtree: true}); }"""
    )
    send(page, "Hello")
    await_end(page)
    expect(page.get_by_test_id("announcer")).to_have_text("The answer is complete.")
    assert page.evaluate("window.said") == ["The answer begins.", "The answer is complete."]


@pytest.mark.parametrize("how", ["button", "Escape"])
def test_stopping_keeps_the_text(visit: Visit, world: World, account: Account, simulator: str, how: str) -> None:
    world.agent(account.team_id, f"{simulator}?tokens=2000&delay_ms=20")
    page = visit(account).open()
    send(page, "Hello")
    expect(answers(page)).to_contain_text("t5 ")
    if how == "button":
        page.get_by_role("button", name="Stop the answer").click()
    else:
        page.keyboard.press("Escape")
    expect(page.get_by_text("You stopped this answer.")).to_be_visible()
    kept = answers(page).locator(".bubble").inner_text()
    assert expected_text(2000).startswith(kept)
    page.reload()
    expect(answers(page).locator(".bubble")).to_have_text(kept)


def test_asking_again_makes_versions_that_one_goes_through(
    visit: Visit, world: World, account: Account, simulator: str
) -> None:
    world.agent(account.team_id, f"{simulator}?echo=1")
    page = visit(account).open()
    send(page, "one")
    await_end(page)
    send(page, "two")
    await_end(page)
    page.get_by_role("button", name="Answer again").click()
    expect(page.get_by_text("Version 2 of 2")).to_be_attached()
    await_end(page)
    first = page.locator(".message.from-user").first
    first.hover()
    first.get_by_role("button", name="Edit", exact=True).click()
    page.get_by_label("Edit your message").fill("three")
    page.get_by_label("Edit your message").press("Control+Enter")
    expect(answers(page)).to_have_text([re.compile("three")])
    await_end(page)
    expect(first.get_by_text("2 / 2")).to_be_visible()
    first.get_by_role("button", name="Previous version").click()
    expect(answers(page)).to_have_text([re.compile("one"), re.compile("two")])
    expect(first.get_by_text("1 / 2")).to_be_visible()
    page.reload()
    expect(first.get_by_text("1 / 2")).to_be_visible()
    first.get_by_role("button", name="Next version").click()
    expect(answers(page)).to_have_text([re.compile("three")])


def test_an_answer_is_rated_with_a_comment(
    visit: Visit, world: World, account: Account, person: Arrive, simulator: str
) -> None:
    agent_id = world.agent(account.team_id, f"{simulator}?tokens=3")
    page = visit(account).open()
    send(page, "Hello")
    await_end(page)
    page.get_by_role("button", name="Bad answer").click()
    page.get_by_label("Comment").fill("Too short")
    page.get_by_role("dialog").get_by_role("button", name="Send").click()
    expect(page.get_by_text("Thank you.")).to_be_visible()
    expect(page.get_by_role("button", name="Bad answer")).to_have_attribute("aria-pressed", "true")
    admin = person(world.account(account.team_id, role="admin"))
    (rated,) = admin.get(f"/api/agents/{agent_id}/feedback").json()["items"]
    assert (rated["rating"], rated["comment"]) == ("down", "Too short")
    page.reload()
    page.get_by_role("button", name="Bad answer").click()
    expect(page.get_by_text("Your rating is taken back.")).to_be_visible()
    expect(page.get_by_role("button", name="Bad answer")).to_have_attribute("aria-pressed", "false")


def test_a_failed_answer_says_what_to_do_and_is_tried_again(
    visit: Visit, world: World, account: Account, simulator: str
) -> None:
    agent_id = world.agent(account.team_id, f"{simulator}?fail=error_after&after=3&tokens=9")
    page = visit(account).open()
    send(page, "Hello")
    expect(page.get_by_role("alert")).to_contain_text("The workflow reported an error.")
    expect(answers(page)).to_contain_text("t1 t2 t3")
    expect(answers(page)).to_contain_text("The workflow failed before the answer was complete.")
    world.change_agent(account.team_id, agent_id, webhook_url=f"{simulator}?tokens=9")
    page.get_by_role("button", name="Try again").click()
    expect(answers(page).locator(".bubble")).to_have_text(expected_text(9))
    expect(page.get_by_role("alert")).to_have_count(0)


def test_an_admin_also_reads_what_the_workflow_said(visit: Visit, world: World, simulator: str) -> None:
    admin = world.account(role="admin", name="Ada")
    world.agent(admin.team_id, f"{simulator}?fail=error_line&error_text=out+of+credit")
    page = visit(admin).open()
    send(page, "Hello")
    page.get_by_text("What the workflow said").click()
    expect(page.get_by_role("alert")).to_contain_text("out of credit")


def test_a_refused_message_comes_back_into_the_field(visit: Visit, world: World, account: Account) -> None:
    agent_id = world.agent(account.team_id)
    page = visit(account).open()
    expect(page.get_by_text("Agent", exact=True)).to_be_visible()
    world.change_agent(account.team_id, agent_id, is_active=False)
    composer(page).fill("my precious words")
    composer(page).press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("switched off")
    expect(composer(page)).to_have_value("my precious words")
    page.reload()
    expect(composer(page)).to_have_value("my precious words")


def test_enter_sends_but_not_with_shift_nor_within_a_composition(
    visit: Visit, world: World, account: Account, simulator: str
) -> None:
    world.agent(account.team_id, f"{simulator}?echo=1")
    page = visit(account).open()
    field = composer(page)
    field.fill("")
    field.press_sequentially("one")
    field.press("Shift+Enter")
    field.press_sequentially("two")
    expect(field).to_have_value("one\ntwo")
    for composing in ("{isComposing: true, keyCode: 13}", "{isComposing: false, keyCode: 229}"):
        field.evaluate(
            f"""(field) => field.dispatchEvent(new KeyboardEvent('keydown',
            {{key: 'Enter', bubbles: true, cancelable: true, ...{composing}}}))"""
        )
    expect(field).to_have_value("one\ntwo")
    expect(page.locator(".message")).to_have_count(0)
    field.press("Enter")
    expect(field).to_have_value("")
    expect(page.locator(".message.from-user")).to_contain_text("one\ntwo")
    await_end(page)


def test_drafts_are_kept_by_chat(visit: Visit, world: World, account: Account, person: Arrive) -> None:
    agent_id = world.agent(account.team_id)
    client = person(account)
    one, two = client.open_chat(agent_id), client.open_chat(agent_id)
    page = visit(account).open(f"/chats/{one}")
    composer(page).fill("for one")
    page.goto(f"/chats/{two}")  # at once: what is not kept yet is kept on leaving
    expect(composer(page)).to_have_value("")
    composer(page).fill("for two")
    await_draft(page, "for two")
    page.locator(f".sidebar a[href='/chats/{one}']").click()
    expect(composer(page)).to_have_value("for one")
    page.locator(f".sidebar a[href='/chats/{two}']").click()
    expect(composer(page)).to_have_value("for two")


def test_messages_and_code_are_copied_as_they_are(visit: Visit, world: World, account: Account, simulator: str) -> None:
    world.agent(account.team_id, f"{simulator}?echo=1&delay_ms=1")
    visitor = visit(account, permissions=["clipboard-read", "clipboard-write"])
    page = visitor.open()
    text = "**bold** <b>\n\n```python\nprint('a')\n\nprint('b')\n```"
    composer(page).fill(text)
    page.get_by_role("button", name="Send", exact=True).click()
    await_end(page)
    answer = answers(page)
    answer.get_by_role("button", name="Copy the message").click()
    expect(answer.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == text
    answer.get_by_role("button", name="Copy the code").click()
    expect(answer.get_by_role("button", name="Copy the code")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "print('a')\n\nprint('b')\n"


def top(page: Page) -> float:
    position: float = page.locator(".transcript").evaluate("(element) => element.scrollTop")
    return position


def test_scrolling_up_lets_go_of_the_end_and_a_button_leads_back(
    visit: Visit, world: World, account: Account, simulator: str
) -> None:
    world.agent(account.team_id, f"{simulator}?tokens=3000&delay_ms=5")
    page = visit(account).open()
    send(page, "Hello")
    expect(answers(page)).to_contain_text("t900")
    to_newest = page.get_by_role("button", name="To the newest message")
    expect(to_newest).to_have_count(0)
    page.locator(".transcript").hover()
    page.mouse.wheel(0, -300)
    expect(to_newest).to_be_visible()
    held = top(page)
    expect(answers(page)).to_contain_text("t1400")
    assert top(page) == held, "the text grows below; what is read stays"
    to_newest.click()
    expect(to_newest).to_have_count(0)
    expect(answers(page)).to_contain_text("t1800")
    assert top(page) > held
    page.keyboard.press("Escape")
    await_end(page)
