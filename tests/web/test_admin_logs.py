"""The audit trail, the error log and the activity, as an admin reads them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.person import Person
from tests.support.world import Account, World
from tests.web.conftest import Visit

Arrive = Callable[[Account], Person]


@pytest.fixture
def admin(world: World) -> Account:
    return world.account(role="admin", name="Grace")


def rows(page: Page) -> list[str]:
    return page.locator("tbody th").all_inner_texts()


def fail(user: Person, agent_id: str, *messages: str) -> None:
    chat = user.open_chat(agent_id)
    for message in messages:
        user.post(f"/api/chats/{chat}/messages?stream=false", {"content": message})


def test_the_audit_trail_is_filtered_and_comes_in_pages(visit: Visit, person: Arrive, admin: Account) -> None:
    client = person(admin)
    for number in range(25):
        client.post("/api/invites/", {"email": f"person-{number:02}@example.org"})
    client.http.patch(f"{client.url}/api/team/", json={"name": "Night shift"})
    page = visit(admin).open("/admin/audit")
    shown = page.locator("tbody tr")
    expect(shown).to_have_count(20)
    expect(shown.first).to_contain_text("Night shift")
    page.locator(".page-scroll").press("End")
    expect(shown).to_have_count(26)
    page.get_by_label("Act", exact=True).select_option(label="Team settings changed")
    expect(shown).to_have_count(1)
    assert page.url.endswith("?action=team_changed")
    page.get_by_role("button", name="Team settings changed").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(admin.email)
    expect(dialog).to_contain_text('"Night shift"')
    dialog.get_by_role("button", name="Only what concerns this").click()
    expect(page.get_by_role("button", name="About one thing")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    expect(shown).to_have_count(20)
    page.get_by_label("To", exact=True).fill("2020-01-01")
    expect(page.get_by_text("Nothing fits.")).to_be_visible()


def test_errors_are_filtered_and_explained(
    visit: Visit, world: World, person: Arrive, admin: Account, simulator: str
) -> None:
    agent = world.agent(admin.team_id, simulator)
    user = person(world.account(admin.team_id))
    fail(user, agent, "/sim fail=error_line error_text='out of credit'", "/sim fail=empty", "/sim fail=empty")
    page = visit(admin).open(f"/admin/agents/{agent}")
    page.get_by_role("link", name="Errors of this agent").click()
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.get_by_label("Agent", exact=True)).to_have_value(agent)
    assert sorted(rows(page)) == ["upstream_empty", "upstream_error"]
    page.get_by_label("Code").fill("upstream_error")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert "code=upstream_error" in page.url
    page.get_by_role("button", name="Details of upstream_error").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("out of credit")
    expect(dialog).to_contain_text("The workflow reported an error.")
    expect(dialog.get_by_role("link", name="Agent", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Details of upstream_error")).to_be_focused()
    page.reload()
    expect(page.get_by_label("Code")).to_have_value("upstream_error")
    page.get_by_label("Severity").select_option(label="Critical")
    expect(page.get_by_text("No errors.")).to_be_visible()


def test_the_activity_goes_on_by_itself(
    visit: Visit, world: World, person: Arrive, admin: Account, simulator: str
) -> None:
    agent = world.agent(admin.team_id, simulator, name="Support")
    page = visit(admin).open("/admin")
    figures = page.locator(".figure .value")
    expect(figures.first).to_have_text("0")
    expect(page.get_by_text("No answers in this period.")).to_be_visible()
    user = person(world.account(admin.team_id))
    fail(user, agent, "/sim tokens=3 delay_ms=1", "/sim fail=empty")
    chat = user.open_chat(agent)
    with user.begin(chat, "/sim tokens=3 first_delay_ms=60000"):
        expect(figures.nth(1)).to_have_text("3", timeout=15_000)
        expect(figures.first).to_have_text("1")
        user.post(f"/api/chats/{chat}/stop")
    expect(figures.nth(2)).to_have_text("1")
    expect(page.get_by_role("img", name="3 answers, 1 of them failed")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Support")).to_contain_text("3")
    page.get_by_text("As a table").click()
    expect(page.get_by_role("region", name="Answers by the time they began")).to_contain_text("Time")
    page.get_by_label("Period").select_option(label="The last day")
    expect(page.get_by_role("img", name="3 answers, 1 of them failed")).to_be_visible()
    page.get_by_role("link", name="upstream_empty").click()
    expect(page.get_by_role("button", name="Details of upstream_empty")).to_be_visible()
