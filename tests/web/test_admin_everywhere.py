"""What holds on every page of the administration."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from chatstream.services.feedback import RATINGS
from tests.support.person import Person
from tests.support.world import Account, World
from tests.web.browser import faults, keep
from tests.web.conftest import Visit

Arrive = Callable[[Account], Person]

HOSTILE = (
    '"><img src=x onerror=alert(1)><script>alert(1)</script><svg onload=alert(1)> \u202e{{7*7}} javascript:alert(1)'
)
PAGES = {
    "activity": "/admin",
    "agents": "/admin/agents",
    "agent": "/admin/agents/{agent}",
    "feedback": "/admin/agents/{agent}/feedback",
    "users": "/admin/users",
    "invites": "/admin/invites",
    "team": "/admin/team",
    "audit": "/admin/audit",
    "errors": "/admin/errors",
}
LOOKS = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    "dark-phone": {"color_scheme": "dark", "viewport": {"width": 390, "height": 844}},
}


@pytest.fixture
def admin(world: World) -> Account:
    return world.account(world.team(name=HOSTILE[:200]), role="admin", name="Grace")


@pytest.fixture
def agent(world: World, person: Arrive, admin: Account, simulator: str) -> str:
    """An agent with hostile words in it, which has answered, failed and been rated."""
    words = {
        "name": HOSTILE,
        "description": HOSTILE,
        "system_prompt": HOSTILE,
        "config": {"model": HOSTILE, HOSTILE: 1},
    }
    agent_id = world.agent(admin.team_id, simulator, **words)
    user = person(world.account(admin.team_id, name=HOSTILE[:200]))
    for rating in RATINGS:
        chat = user.open_chat(agent_id)
        user.post(f"/api/chats/{chat}/messages?stream=false", {"content": f"/sim echo=1\n{HOSTILE}"})
        user.post(
            f"/api/chats/{chat}/messages?stream=false", {"content": f"/sim fail=error_line error_text='{HOSTILE}'"}
        )
        answer = user.chat(chat)["messages"][1]["id"]
        path = f"{user.url}/api/chats/{chat}/messages/{answer}/feedback"
        assert user.http.put(path, json={"rating": rating, "comment": HOSTILE}).ok
    client = person(admin)
    assert client.http.put(f"{client.url}/api/agents/{agent_id}", json={"description": f"{HOSTILE}!"}).ok
    assert client.post("/api/invites/", {"email": "new@example.org"}).ok
    return agent_id


def await_content(page: Page) -> None:
    expect(page.locator("main h1")).to_be_focused()
    expect(page.locator(".loading")).to_have_count(0)


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_is_accessible_and_nothing_in_it_runs(visit: Visit, admin: Account, agent: str, look: str) -> None:
    visitor = visit(admin, **LOOKS[look])  # notices scripts that run and what the policy refused
    for name, path in PAGES.items():
        page = visitor.open(path.format(agent=agent))
        await_content(page)
        assert (name, faults(page)) == (name, [])
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        assert page.locator("main :is(script, svg[onload], img[onerror])").count() == 0, name
        keep(page, f"admin-{name}-{look}")
        page.close()


@pytest.mark.parametrize("look", LOOKS)
def test_dialogs_and_the_test_of_a_workflow_are_accessible(visit: Visit, admin: Account, agent: str, look: str) -> None:
    page = visit(admin, **LOOKS[look]).open("/admin/errors")
    page.get_by_role("button", name="Details of upstream_error").first.click()
    expect(page.get_by_role("dialog")).to_contain_text("onerror=alert(1)")
    assert faults(page) == []
    page.goto("/admin/invites")
    page.get_by_role("button", name="Invite somebody").click()
    assert faults(page) == []
    page.get_by_role("button", name="Make the link").click()
    expect(page.get_by_label("Link", exact=True)).to_be_visible()
    assert faults(page) == []
    page.goto("/admin/audit")
    page.get_by_role("button", name="Agent changed").first.click()
    assert faults(page) == []
    page.goto(f"/admin/agents/{agent}")
    page.get_by_role("button", name="Test the workflow").click()
    expect(page.locator(".advice")).to_be_visible()
    assert faults(page) == []
    keep(page, f"admin-test-{look}")


def test_there_is_no_administration_for_others(visit: Visit, world: World, admin: Account, agent: str) -> None:
    user = visit(world.account(admin.team_id, name="Ada"))
    for path in PAGES.values():
        page = user.open(path.format(agent=agent))
        expect(page.get_by_role("heading", name="Nothing here")).to_be_visible()
        page.close()
    page = user.open()
    page.get_by_role("button", name="Menu of Ada").click()
    expect(page.get_by_role("menuitem", name="Account")).to_be_visible()
    expect(page.get_by_role("menuitem", name="Administration")).to_have_count(0)
    assert not [
        path
        for path in page.evaluate("performance.getEntriesByType('resource').map((one) => one.name)")
        if "/assets/pages" in path
    ]


def test_an_agent_is_made_by_keyboard_alone(visit: Visit, admin: Account) -> None:
    page = visit(admin).open("/admin/agents")
    await_content(page)
    press = page.keyboard.press
    tabbed_to(page, "New agent")
    press("Enter")
    expect(page.get_by_role("heading", name="New agent")).to_be_focused()
    tabbed_to(page, "Name")
    page.keyboard.type("By keys")
    tabbed_to(page, "Active")
    press("Space")
    tabbed_to(page, "Webhook URL")
    page.keyboard.type("http://127.0.0.1:9/webhook/none")
    press("Enter")
    expect(page.get_by_role("heading", name="By keys", level=1)).to_be_focused()
    expect(page.get_by_role("checkbox", name="Active")).not_to_be_checked()


def tabbed_to(page: Page, label: str) -> None:
    """Press Tab until something with the label has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        named = "(document.activeElement.labels?.[0] ?? document.activeElement).innerText"
        if page.evaluate(named) == label:
            return
    raise AssertionError(f"Tab does not lead to {label}")
