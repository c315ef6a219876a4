"""The list of chats: what is done with them, how they are found, and one that is very long."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import Page, Route, expect

from chatstream.extensions import db
from chatstream.services import transcripts
from tests.support.person import Person
from tests.support.world import Account, World
from tests.web.browser import answers, await_end, composer, send
from tests.web.conftest import Visit

Arrive = Callable[[Account], Person]


def titled(client: Person, agent_id: str, *titles: str) -> list[str]:
    """The ids of new chats with these titles."""
    return [client.post("/api/chats/", {"agent_id": agent_id, "title": title}).json()["id"] for title in titles]


def fill(app: Flask, chat_id: str, texts: list[str]) -> list[str]:
    """Put messages into a chat, of the user and the agent in turn; their ids."""
    ids = [str(uuid.uuid4()) for _ in texts]
    messages: list[dict[str, Any]] = [
        {"id": key, "role": "user", "content": content, "timestamp": "2026-01-01T00:00:00.000Z"}
        | ({"role": "assistant", "status": "complete"} if place % 2 else {})
        for place, (key, content) in enumerate(zip(ids, texts, strict=True))
    ]
    with app.app_context():
        transcripts.extend(uuid.UUID(chat_id), messages)
        db.session.commit()
    return ids


def act(page: Page, title: str, what: str) -> None:
    """Choose from the menu of a chat in the list."""
    page.get_by_role("link", name=title).hover()
    page.get_by_role("button", name=f"Actions for {title}").click()
    page.get_by_role("menuitem", name=what).click()


def test_a_chat_is_renamed_archived_brought_back_and_deleted(
    visit: Visit, world: World, account: Account, person: Arrive
) -> None:
    (chat_id,) = titled(person(account), world.agent(account.team_id), "Plans")
    page = visit(account).open(f"/chats/{chat_id}")
    act(page, "Plans", "Rename")
    page.get_by_label("Title").fill("Better plans")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Better plans", level=1)).to_be_visible()
    act(page, "Better plans", "Archive")
    link = page.get_by_role("link", name="Better plans")
    expect(link).to_have_count(0)
    page.get_by_role("button", name="Archived", exact=True).click()
    act(page, "Better plans", "Move back")
    expect(page.get_by_text("Nothing is archived.")).to_be_visible()
    page.get_by_role("button", name="Archived", exact=True).click()
    act(page, "Better plans", "Delete")
    expect(page.get_by_role("dialog")).to_contain_text("“Better plans” and all its messages")
    page.keyboard.press("Escape")
    expect(link).to_be_visible()
    act(page, "Better plans", "Delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(link).to_have_count(0)
    expect(page.get_by_role("heading", name="Hello, Ada")).to_be_visible()  # its page is left
    page.goto(f"/chats/{chat_id}")
    expect(page.get_by_role("heading", name="Nothing here")).to_be_visible()


def test_several_chats_are_deleted_at_once(visit: Visit, world: World, account: Account, person: Arrive) -> None:
    titled(person(account), world.agent(account.team_id), "One", "Two", "Three")
    page = visit(account).open()
    page.get_by_role("button", name="Select chats").click()
    for title in ("One", "Three"):
        page.get_by_label(f"Select {title}").check()
    expect(page.get_by_text("2 selected")).to_be_visible()
    page.locator(".bulk").get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator(".chat-item")).to_have_text(["Two"])


def test_a_long_list_comes_by_pages(visit: Visit, world: World, account: Account, person: Arrive) -> None:
    titled(person(account), world.agent(account.team_id), *(f"Chat {number}" for number in range(45)))
    page = visit(account).open()
    expect(page.locator(".chat-item")).to_have_count(40)
    page.locator(".chat-item").last.scroll_into_view_if_needed()
    expect(page.locator(".chat-item")).to_have_count(45)
    expect(page.get_by_role("button", name="Load more")).to_have_count(0)


def test_a_chat_is_exported_and_imported_again(
    visit: Visit, world: World, account: Account, simulator: str, tmp_path: Path
) -> None:
    world.agent(account.team_id, f"{simulator}?echo=1")
    page = visit(account, accept_downloads=True).open()
    send(page, "keep me")
    await_end(page)
    menu = page.get_by_role("button", name="Actions for this chat")
    menu.click()
    with page.expect_download() as markdown:
        page.get_by_role("menuitem", name="Export as Markdown").click()
    assert "keep me" in Path(markdown.value.path()).read_text()
    menu.click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Export as JSON").click()
    file = tmp_path / "chat.json"
    download.value.save_as(file)
    assert [message["content"] for message in json.loads(file.read_text())["messages"]] == ["keep me", "keep me"]
    page.goto("/account")
    (tmp_path / "other.json").write_text("[]")
    page.get_by_label("File").set_input_files(tmp_path / "other.json")
    page.get_by_role("button", name="Import a chat").click()
    expect(page.get_by_text("This file is not a chat that was exported as JSON.")).to_be_visible()
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Import a chat").click()
    expect(answers(page)).to_contain_text("keep me")
    expect(page.locator(".chat-item")).to_have_count(2)


def test_the_search_marks_what_it_finds_and_leads_to_old_messages(
    app: Flask, visit: Visit, world: World, account: Account, person: Arrive
) -> None:
    (chat_id,) = titled(person(account), world.agent(account.team_id), "Long")
    fill(app, chat_id, [f"needle {place}" if place == 100 else f"straw {place}" for place in range(500)])
    page = visit(account).open()
    expect(page.locator(".chat-item")).to_have_count(1)
    page.keyboard.press("Control+k")
    page.get_by_label("Search your chats").fill("needle")
    hit = page.locator(".hit")
    expect(hit.locator("mark")).to_have_text("needle")
    hit.click()
    found = page.locator(".message.sought")
    expect(found).to_contain_text("needle 100")
    expect(found).to_be_in_viewport()
    page.wait_for_timeout(300)
    expect(found).to_be_in_viewport()
    page.go_back()
    expect(hit).to_have_count(1)


def test_a_chat_of_5000_messages_opens_at_its_end_and_loads_older_ones_in_place(
    app: Flask, visit: Visit, world: World, account: Account, person: Arrive
) -> None:
    (chat_id,) = titled(person(account), world.agent(account.team_id), "Endless")
    fill(app, chat_id, [f"message {place}\n\n" + "some words " * (place % 40) for place in range(5000)])
    page = visit(account).open(f"/chats/{chat_id}")
    expect(page.get_by_text("message 4999")).to_be_in_viewport()
    expect(page.locator(".message")).to_have_count(50)
    places = """() => Object.fromEntries([...document.querySelectorAll('.message')]
        .map((one) => [one.dataset.id, Math.round(one.getBoundingClientRect().top)])
        .filter(([, top]) => top > 0 && top < innerHeight))"""
    requests: list[Route] = []
    page.route(re.compile(r"[?&]before="), lambda route: requests.append(route))
    loaded = 50
    for _ in range(3):
        page.locator(".transcript").evaluate("(element) => { element.scrollTop = 700; }")
        expect(page.get_by_text("Loading older messages")).to_be_attached()
        page.wait_for_timeout(200)  # what has come into view is drawn, and has its height
        before = page.evaluate(places)
        requests.pop().continue_()
        loaded += 100
        expect(page.locator(".message")).to_have_count(loaded)
        page.wait_for_timeout(150)
        after = page.evaluate(places)
        shared = before.keys() & after.keys()
        assert shared
        assert all(abs(before[key] - after[key]) <= 2 for key in shared), (before, after)
    composer(page).fill("still quick")
    expect(composer(page)).to_have_value("still quick")


def test_the_address_of_an_unknown_page_says_so(visit: Visit, account: Account) -> None:
    visitor = visit(account)
    for path in ("/chats/not-a-chat", f"/chats/{uuid.uuid4()}", "/no/such/page", "/admin"):
        page = visitor.open(path)
        expect(page.get_by_role("heading", name=re.compile("Nothing here"))).to_be_visible()
        page.close()
