"""Getting in and out: signing in, registering, a new password, and sessions that end elsewhere."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.support.person import Person
from tests.support.world import PASSWORD, Account, World
from tests.web.browser import await_draft, composer
from tests.web.conftest import Visit

Arrive = Callable[[Account], Person]
NEW_PASSWORD = "quite another fine password"


def enter(page: Page, email: str, password: str) -> None:
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_a_wrong_password_is_told_and_the_right_one_leads_on(visit: Visit, world: World, account: Account) -> None:
    world.agent(account.team_id)
    page = visit().open("/account")
    expect(page.get_by_label("Email address")).to_be_focused()
    enter(page, account.email, "wrong")
    expect(page.get_by_role("alert")).to_contain_text("The email address or the password is wrong")
    enter(page, account.email, PASSWORD)
    expect(page.get_by_role("heading", name="Account")).to_be_visible()  # where they wanted to go
    expect(page.locator(".facts")).to_contain_text("Ada")


def test_one_with_accounts_in_several_teams_chooses(visit: Visit, world: World) -> None:
    for team in ("Blue", "Green"):
        world.account(world.team(name=team), email="both@example.org", name=f"In {team}")
    page = visit().open()
    enter(page, "both@example.org", PASSWORD)
    page.get_by_label("Team").select_option(label="Green")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Hello, In Green")).to_be_visible()


def test_an_invitation_link_lets_one_in(visit: Visit, world: World, person: Arrive) -> None:
    admin = world.account(role="admin")
    token = person(admin).post("/api/invites/", {"email": "new@example.org"}).json()["token"]
    page = visit().open(f"/register#invite={token}")
    page.get_by_label("Name (optional)").fill("Newcomer")
    page.get_by_label("Email address").fill("other@example.org")
    page.get_by_label("Password", exact=True).fill(NEW_PASSWORD)
    page.get_by_role("button", name="Create the account").click()
    expect(page.get_by_role("alert")).to_contain_text("This invitation does not work")
    page.get_by_label("Email address").fill("new@example.org")
    page.get_by_role("button", name="Create the account").click()
    expect(page.get_by_role("heading", name="Hello, Newcomer")).to_be_visible()
    assert token not in page.url


def test_an_open_team_is_joined_by_its_id(visit: Visit, world: World) -> None:
    team_id = world.team()
    page = visit().open(f"/register?team={team_id}")
    page.get_by_label("Email address").fill("new@example.org")
    page.get_by_label("Password", exact=True).fill("password123")
    page.get_by_role("button", name="Create the account").click()
    expect(page.get_by_text("common", exact=False)).to_be_visible()  # at the field
    page.get_by_label("Password", exact=True).fill(NEW_PASSWORD)
    page.get_by_role("button", name="Create the account").click()
    expect(page.get_by_role("heading", name="Hello", exact=True)).to_be_visible()


def test_a_link_of_the_admin_sets_a_new_password(visit: Visit, world: World, person: Arrive, account: Account) -> None:
    admin = person(world.account(account.team_id, role="admin"))
    token = admin.post(f"/api/users/{account.id}/password-reset").json()["token"]
    page = visit().open("/reset-password")
    page.get_by_label("Link or code from your admin").fill(f"https://chat.example.org/reset-password#token={token}")
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_text("The password is set.")).to_be_visible()
    page.get_by_role("link", name="To the sign-in page").click()
    enter(page, account.email, NEW_PASSWORD)
    expect(page.get_by_role("heading", name="Hello, Ada")).to_be_visible()
    again = visit().open(f"/reset-password#token={token}")
    again.get_by_label("New password").fill(NEW_PASSWORD)
    again.get_by_role("button", name="Set the password").click()
    expect(again.get_by_role("alert")).to_contain_text("This link does not work")


def test_signing_out_ends_it_in_all_tabs_and_takes_the_drafts(visit: Visit, world: World, account: Account) -> None:
    world.agent(account.team_id)
    visitor = visit(account)
    other = visitor.open("/account")
    expect(other.get_by_role("heading", name="Account")).to_be_visible()
    page = visitor.open()
    composer(page).fill("a secret thought")
    await_draft(page, "a secret thought")
    page.get_by_role("button", name="Menu of Ada").click()
    page.get_by_role("menuitem", name="Sign out").click()
    for tab in (page, other):
        expect(tab.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.evaluate("Object.values(localStorage)") == []
    assert not visitor.context.request.get("/api/auth/me").ok


def test_a_session_that_is_ended_elsewhere_asks_to_sign_in_and_goes_on(
    visit: Visit, world: World, person: Arrive, account: Account
) -> None:
    world.agent(account.team_id)
    page = visit(account).open()
    composer(page).fill("half a thought")
    await_draft(page, "half a thought")
    client = person(account)
    for session in client.get("/api/auth/sessions/").json()["items"]:
        if not session["current"]:
            assert client.http.delete(f"{client.url}/api/auth/sessions/{session['id']}").status_code == 204
    page.get_by_role("link", name="Search").click()
    page.get_by_label("Search your chats").fill("anything")
    expect(page.get_by_text("Your session has ended.")).to_be_visible()
    enter(page, account.email, PASSWORD)
    expect(page.get_by_label("Search your chats")).to_have_value("anything")
    page.get_by_role("link", name="New chat").click()
    expect(composer(page)).to_have_value("half a thought")


def test_sessions_are_listed_and_ended(visit: Visit, person: Arrive, account: Account) -> None:
    elsewhere = person(account)
    page = visit(account).open("/account")
    rows = page.locator(".row")
    expect(rows).to_have_count(2)
    expect(rows.filter(has_text="This one")).to_contain_text("Chrome on Linux")
    rows.filter(has_not_text="This one").get_by_role("button").click()
    expect(rows).to_have_count(1)
    assert elsewhere.get("/api/auth/me").status_code == 401


def test_the_password_is_changed(visit: Visit, account: Account) -> None:
    visitor = visit(account)
    page = visitor.open("/account")
    page.get_by_label("Current password").fill("wrong")
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_role("alert").or_(page.locator(".field-error")).first).to_be_visible()
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_text("The password is changed.")).to_be_visible()
    body = {"email": account.email, "password": NEW_PASSWORD}
    assert visitor.context.request.post("/api/auth/login", data=body).ok
