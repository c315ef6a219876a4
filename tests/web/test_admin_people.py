"""Users, invitations and the team, as an admin rules them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.person import Person
from tests.support.world import PASSWORD, Account, World
from tests.web.conftest import Visit

Arrive = Callable[[Account], Person]
NEW_PASSWORD = "quite another fine password"


@pytest.fixture
def admin(world: World) -> Account:
    return world.account(role="admin", name="Grace")


def row_of(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has_text=name)


def act(page: Page, name: str, item: str) -> Locator:
    """Choose from the actions of somebody; returns the dialog that asks."""
    page.get_by_role("button", name=f"Actions for {name}").click()
    page.get_by_role("menuitem", name=item).click()
    return page.get_by_role("dialog")


def test_users_are_found_by_name_role_and_state(visit: Visit, world: World, admin: Account) -> None:
    for number in range(25):
        world.account(admin.team_id, name=f"Member {number:02}")
    world.account(admin.team_id, name="Gone", is_active=False)
    page = visit(admin).open("/admin/users")
    rows = page.locator("tbody tr")
    expect(row_of(page, "Gone")).to_contain_text("Deactivated")
    page.get_by_label("Search by name or address").fill("member 1")
    expect(rows).to_have_count(10)
    page.get_by_label("Search by name or address").fill("")
    page.get_by_label("Role").select_option(label="Admin")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Grace (you)")
    page.get_by_label("Role").select_option(label="All")
    page.get_by_label("State").select_option(label="Deactivated")
    expect(rows).to_have_count(1)
    page.get_by_label("State").select_option(label="Active")
    expect(rows).to_have_count(20)
    page.locator(".page-scroll").press("End")
    expect(rows).to_have_count(26)


def test_roles_change_and_the_last_admin_stays(visit: Visit, world: World, person: Arrive, admin: Account) -> None:
    other = world.account(admin.team_id, name="Ada")
    page = visit(admin).open("/admin/users")
    act(page, "Grace", "Make a member").get_by_role("button", name="Make a member").click()
    expect(page.get_by_role("alert")).to_contain_text("A team needs an active admin")
    page.get_by_role("button", name="Cancel").click()
    act(page, "Ada", "Make an admin").get_by_role("button", name="Make an admin").click()
    expect(row_of(page, "Ada")).to_contain_text("Admin")
    assert person(other).get("/api/users/").status_code == 200
    act(page, "Grace", "Make a member").get_by_role("button", name="Make a member").click()
    expect(page.get_by_role("heading", name="Nothing here")).to_be_visible()  # no admin any more
    page.get_by_role("button", name="Menu of Grace").click()
    expect(page.get_by_role("menuitem", name="Administration")).to_have_count(0)


def test_one_who_is_deactivated_is_out_at_once(visit: Visit, world: World, admin: Account) -> None:
    other = world.account(admin.team_id, name="Ada")
    theirs = visit(other).open("/account")
    expect(theirs.get_by_role("heading", name="Account")).to_be_visible()
    page = visit(admin).open("/admin/users")
    act(page, "Ada", "Deactivate").get_by_role("button", name="Deactivate").click()
    expect(row_of(page, "Ada")).to_contain_text("Deactivated")
    theirs.get_by_role("link", name="Search").click()
    theirs.get_by_label("Search your chats").fill("anything")
    expect(theirs.get_by_role("heading", name="Sign in")).to_be_visible()
    act(page, "Ada", "Activate").get_by_role("button", name="Activate").click()
    expect(row_of(page, "Ada")).to_contain_text("Active")


def test_a_password_link_is_shown_once_and_works(visit: Visit, world: World, admin: Account) -> None:
    other = world.account(admin.team_id, name="Ada")
    page = visit(admin, permissions=["clipboard-read", "clipboard-write"]).open("/admin/users")
    act(page, "Ada", "Make a password link").get_by_role("button", name="Make a password link").click()
    link = page.get_by_label("Link", exact=True).input_value()
    page.get_by_role("button", name="Copy the link").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == link
    page.mouse.click(5, 5)  # beside the dialog: what is shown once is not lost so easily
    expect(page.get_by_label("Link", exact=True)).to_be_visible()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("button", name="Actions for Ada")).to_be_focused()
    assert link.split("#token=")[1] not in page.content()
    theirs = visit().open(link)
    theirs.get_by_label("New password").fill(NEW_PASSWORD)
    theirs.get_by_role("button", name="Set the password").click()
    expect(theirs.get_by_text("The password is set.")).to_be_visible()
    request = theirs.context.request
    assert not request.post("/api/auth/login", data={"email": other.email, "password": PASSWORD}).ok
    assert request.post("/api/auth/login", data={"email": other.email, "password": NEW_PASSWORD}).ok


def test_an_invitation_is_made_used_and_another_one_revoked(visit: Visit, admin: Account) -> None:
    page = visit(admin).open("/admin/invites")
    expect(page.get_by_text("No invitations.")).to_be_visible()
    links = []
    for email in ("new@example.org", "other@example.org"):
        page.get_by_role("button", name="Invite somebody").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Email address").fill(email)
        dialog.get_by_label("Role").select_option(label="Admin")
        dialog.get_by_label("Works for (hours)").fill("5")
        dialog.get_by_role("button", name="Make the link").click()
        links.append(page.get_by_label("Link", exact=True).input_value())
        page.get_by_role("button", name="Done").click()
    theirs = visit().open(links[0])
    theirs.get_by_label("Email address").fill("new@example.org")
    theirs.get_by_label("Password", exact=True).fill(NEW_PASSWORD)
    theirs.get_by_role("button", name="Create the account").click()
    expect(theirs.get_by_role("heading", name="Hello")).to_be_visible()
    page.get_by_label("State").select_option(label="Used")
    expect(row_of(page, "new@example.org")).to_contain_text("Used")
    page.get_by_label("State").select_option(label="Open")
    row_of(page, "other@example.org").get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("No invitations.")).to_be_visible()
    late = visit().open(links[1])
    late.get_by_label("Email address").fill("other@example.org")
    late.get_by_label("Password", exact=True).fill(NEW_PASSWORD)
    late.get_by_role("button", name="Create the account").click()
    expect(late.get_by_role("alert")).to_contain_text("This invitation does not work")


def test_the_team_closes_its_door_and_old_chats_go_only_after_a_question(
    visit: Visit, person: Arrive, admin: Account
) -> None:
    page = visit(admin).open("/admin/team")
    link = page.get_by_label("The team's link").input_value()
    page.get_by_label("Name").fill("Night shift")
    page.get_by_label("Who may register").select_option(label="Only with an invitation")
    page.get_by_label("Days that chats are kept").fill("30")
    page.get_by_role("button", name="Save").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("in the last 30 days")
    dialog.get_by_role("button", name="Cancel").click()
    client = person(admin)
    assert client.get("/api/team/").json()["retention_days"] is None
    page.get_by_role("button", name="Save").click()
    dialog.get_by_role("button", name="Delete old chats from now on").click()
    expect(page.get_by_text("The team's settings are saved.")).to_be_visible()
    team = client.get("/api/team/").json()
    assert (team["name"], team["registration"], team["retention_days"]) == ("Night shift", "invite", 30)
    expect(page.get_by_label("The team's link")).to_have_count(0)
    page.get_by_label("Days that chats are kept").fill("")  # nothing more is deleted by that
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The team's settings are saved.").last).to_be_visible()
    stranger = visit().open(link)
    stranger.get_by_label("Email address").fill("stranger@example.org")
    stranger.get_by_label("Password", exact=True).fill(NEW_PASSWORD)
    stranger.get_by_role("button", name="Create the account").click()
    expect(stranger.get_by_role("alert")).to_contain_text("by invitation only")
