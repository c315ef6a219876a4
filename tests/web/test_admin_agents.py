"""Agents, as an admin makes them: set up, tested, given a face, switched off, deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.cast import picture
from tests.support.person import Person
from tests.support.settings import WEBHOOK_TOKEN
from tests.support.world import Account, World
from tests.web.conftest import Visit

Arrive = Callable[[Account], Person]


@pytest.fixture
def admin(world: World) -> Account:
    return world.account(role="admin", name="Grace")


def save(page: Page) -> None:
    with page.expect_response(lambda answer: answer.request.method == "PUT") as answer:
        page.get_by_role("button", name="Save", exact=True).click()
    assert answer.value.ok
    expect(page.get_by_text("The agent is saved.").last).to_be_visible()


def stored(person: Arrive, admin: Account, agent_id: str) -> Any:
    return person(admin).get(f"/api/agents/{agent_id}").json()


def test_the_first_agent_is_made_tested_and_talked_to(visit: Visit, admin: Account, simulator: str) -> None:
    page = visit(admin).open()
    page.get_by_role("link", name="Add an agent").click()
    page.get_by_role("link", name="New agent").click()
    page.get_by_label("Name", exact=True).fill("Support")
    page.get_by_label("Webhook URL").fill(simulator)
    page.get_by_label("Webhook token", exact=True).fill(WEBHOOK_TOKEN)
    page.get_by_label("System prompt").fill("Be kind.")
    page.get_by_role("button", name="Add the agent").click()
    expect(page.get_by_role("heading", name="Support", level=1)).to_be_visible()
    page.get_by_role("button", name="Test the workflow").click()
    verdict = page.get_by_role("heading", name="The workflow answers and streams.")
    expect(verdict).to_be_focused()
    expect(page.locator(".steps li")).to_have_text(
        [f"{step} (good)" for step in ("The address is reached", "The call is accepted", "Text comes back")]
        + ["The answer comes to its end (good)", "The answer streams (good)"]
    )
    expect(page.locator(".facts")).to_contain_text("n8n streaming lines")
    page.get_by_role("link", name="New chat").click()
    expect(page.get_by_text("Support").first).to_be_visible()


def test_what_is_wrong_is_told_at_its_field_and_nothing_is_lost(visit: Visit, admin: Account) -> None:
    page = visit(admin).open("/admin/agents/new")
    page.get_by_label("Name", exact=True).fill("Support")
    page.get_by_label("Webhook URL").fill("ftp://n8n.example.org/webhook")
    others = page.get_by_label("Other settings (JSON)")
    others.fill('{"temperature": 0.2')
    page.get_by_role("button", name="Add the agent").click()
    expect(page.get_by_text("This is not valid JSON.")).to_be_visible()
    expect(others).to_be_focused()
    others.fill('{"temperature": 0.2}')
    page.get_by_label("Messages sent along").fill("5000")
    page.get_by_role("button", name="Add the agent").click()
    field = page.get_by_label("Messages sent along")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    field.fill("20")
    page.get_by_role("button", name="Add the agent").click()
    expect(page.get_by_label("Webhook URL")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Support")
    page.get_by_label("Webhook URL").fill("http://127.0.0.1:9/webhook/none")
    page.get_by_role("button", name="Add the agent").click()
    expect(page.get_by_role("heading", name="Support", level=1)).to_be_visible()


def test_only_what_was_changed_is_stored_and_the_token_is_kept(
    visit: Visit, world: World, person: Arrive, admin: Account
) -> None:
    config = {"model": "small", "history_limit": 7, "tools": ["search"]}
    agent = world.agent(admin.team_id, config=config, system_prompt="one\ntwo")
    page = visit(admin).open(f"/admin/agents/{agent}")
    expect(page.get_by_label("Messages sent along")).to_have_value("7")
    expect(page.get_by_label("Webhook token", exact=True)).to_have_value("")
    changed_meanwhile = {"description": "By somebody else"}
    assert person(admin).http.put(f"{page.url.split('/admin')[0]}/api/agents/{agent}", json=changed_meanwhile).ok
    page.get_by_label("Name", exact=True).fill("Renamed")
    page.get_by_label("Messages sent along").fill("")
    page.get_by_role("checkbox", name="Active").uncheck()
    save(page)
    expect(page.get_by_label("Description")).to_have_value("By somebody else")
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_focused()
    after = stored(person, admin, agent)
    assert (after["name"], after["description"], after["system_prompt"]) == ("Renamed", "By somebody else", "one\ntwo")
    assert (after["is_active"], after["has_webhook_token"]) == (False, True)
    assert after["config"] == {"model": "small", "tools": ["search"]}
    page.get_by_label("Take the stored token away").check()
    save(page)
    expect(page.get_by_label("Take the stored token away")).to_have_count(0)
    assert stored(person, admin, agent)["has_webhook_token"] is False


@pytest.mark.parametrize(
    ("address", "token", "step", "advice"),
    [
        ("{simulator}", "a-wrong-token", "The call is accepted (failed)", "The webhook refused the agent's token"),
        ("{simulator}-that-is-not", WEBHOOK_TOKEN, "The call is accepted (failed)", "activate the workflow"),
        ("http://127.0.0.1:9/webhook", WEBHOOK_TOKEN, "The address is reached (failed)", "is n8n running"),
        ("{simulator}?fail=empty", WEBHOOK_TOKEN, "Text comes back (failed)", "Enable Streaming"),
        ("{simulator}?format=json", WEBHOOK_TOKEN, "The answer streams (could be better)", "Respond: Streaming"),
    ],
)
def test_a_test_says_what_to_change_in_n8n(
    visit: Visit, world: World, admin: Account, simulator: str, address: str, token: str, step: str, advice: str
) -> None:
    agent = world.agent(admin.team_id, address.format(simulator=simulator))
    page = visit(admin).open(f"/admin/agents/{agent}")
    if token != WEBHOOK_TOKEN:
        page.get_by_label("Webhook token", exact=True).fill(token)
        expect(page.get_by_text("Save first")).to_be_visible()
        save(page)
        expect(page.get_by_text("Save first")).to_have_count(0)
    page.get_by_role("button", name="Test the workflow").click()
    expect(page.locator(".steps li").filter(has_text=step)).to_be_visible()
    expect(page.locator(".advice")).to_contain_text(advice)


def test_a_picture_is_seen_before_it_is_sent_and_is_taken_away_again(
    visit: Visit, world: World, person: Arrive, admin: Account
) -> None:
    agent = world.agent(admin.team_id)
    page = visit(admin).open(f"/admin/agents/{agent}")
    chooser = page.get_by_label("Choose a picture")
    chooser.set_input_files({"name": "face.png", "mimeType": "image/png", "buffer": b"not a picture"})
    page.get_by_role("button", name="Use this picture").click()
    expect(page.locator(".panel").get_by_role("alert")).to_be_visible()
    chooser.set_input_files({"name": "face.png", "mimeType": "image/png", "buffer": picture()})
    expect(page.get_by_alt_text("How the new picture will look")).to_have_js_property("complete", True)
    page.get_by_role("button", name="Use this picture").click()
    expect(page.get_by_text("The picture is saved.")).to_be_visible()
    shown = page.locator("main img.avatar")
    expect(shown).to_have_attribute("src", stored(person, admin, agent)["avatar_url"])
    expect(shown).to_have_js_property("naturalWidth", 256)
    page.get_by_role("link", name="New chat").click()  # where users choose
    expect(shown).to_have_js_property("naturalWidth", 256)
    page.go_back()
    expect(page.get_by_role("heading", name="Agent", level=1)).to_be_visible()
    page.get_by_role("button", name="Take the picture away").click()
    expect(shown).to_have_count(0)
    assert stored(person, admin, agent)["avatar_url"] is None


def test_an_agent_is_deleted_after_a_question(visit: Visit, world: World, person: Arrive, admin: Account) -> None:
    agent = world.agent(admin.team_id)
    page = visit(admin).open("/admin/agents")
    page.get_by_role("link", name="Agent", exact=True).click()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Delete", exact=True)).to_be_focused()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete the agent").click()
    expect(page.get_by_text("No agent yet.")).to_be_visible()
    assert person(admin).get(f"/api/agents/{agent}").status_code == 404


def test_feedback_is_read_by_rating(visit: Visit, world: World, person: Arrive, admin: Account, simulator: str) -> None:
    agent = world.agent(admin.team_id, simulator)
    user = person(world.account(admin.team_id))
    for rating, comment in (("up", "Just right"), ("down", "Wrong year")):
        chat = user.open_chat(agent)
        user.post(f"/api/chats/{chat}/messages?stream=false", {"content": "/sim tokens=3"})
        answer = user.chat(chat)["messages"][-1]["id"]
        path = f"{user.url}/api/chats/{chat}/messages/{answer}/feedback"
        assert user.http.put(path, json={"rating": rating, "comment": comment}).ok
    page = visit(admin).open(f"/admin/agents/{agent}")
    page.get_by_role("link", name="Feedback").click()
    expect(page.get_by_text("1 good, 1 bad")).to_be_visible()
    expect(page.locator(".exchange")).to_contain_text(["Wrong year", "Just right"])
    page.get_by_label("Rating").select_option(label="Good answer")
    expect(page.locator(".exchange")).to_contain_text(["t1 t2 t3"])
