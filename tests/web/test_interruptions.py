"""What happens to an answer when the page, another tab or the server does something in the midst of it."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import text

from chatstream.extensions import db
from chatstream.n8n_sim import expected_text
from devkit.web import Web
from tests.faults.exchanges import workers_of
from tests.support.person import Person
from tests.support.server import Server
from tests.support.world import Account, World
from tests.web.browser import answers, await_end, composer, send
from tests.web.conftest import Visit

Arrive = Callable[[Account], Person]


def test_a_reload_in_mid_answer_joins_it_again(visit: Visit, world: World, account: Account, simulator: str) -> None:
    world.agent(account.team_id, f"{simulator}?tokens=150&delay_ms=20")
    page = visit(account).open()
    send(page, "Hello")
    expect(answers(page)).to_contain_text("t10 ")
    page.reload()
    expect(page.locator(".running-answer")).to_contain_text("t1 t2 t3")
    expect(page.locator(".message.from-user")).to_have_count(1)
    await_end(page)
    expect(answers(page).locator(".bubble")).to_have_text(expected_text(150))


def test_going_to_another_chat_and_back_finds_the_answer_running(
    visit: Visit, world: World, account: Account, simulator: str, person: Arrive
) -> None:
    agent_id = world.agent(account.team_id, f"{simulator}?tokens=150&delay_ms=20")
    other = person(account).open_chat(agent_id)
    page = visit(account).open()
    send(page, "Hello")
    expect(answers(page)).to_contain_text("t10 ")
    mine = page.url
    page.locator(f".sidebar a[href='/chats/{other}']").click()
    expect(page.locator(".message")).to_have_count(0)
    expect(page.locator(".sidebar .running")).to_have_count(1)
    page.go_back()
    assert page.url == mine
    expect(page.locator(".running-answer")).to_contain_text("t10 ")
    await_end(page)
    expect(answers(page).locator(".bubble")).to_have_text(expected_text(150))


def test_two_tabs_agree(visit: Visit, world: World, account: Account, simulator: str) -> None:
    world.agent(account.team_id, f"{simulator}?tokens=100&delay_ms=20")
    visitor = visit(account)
    one = visitor.open()
    send(one, "Hello")
    await_end(one)
    two = visitor.open(one.url)
    expect(two.locator(".message")).to_have_count(2)
    send(two, "And again")
    expect(one.locator(".running-answer")).to_contain_text("t5 ")  # without being told
    expect(one.locator(".message.from-user")).to_have_count(2)
    expect(one.locator(".sidebar .running")).to_be_visible()
    one.get_by_role("button", name="Stop the answer").click()
    for tab in (one, two):
        expect(tab.get_by_text("You stopped this answer.")).to_be_visible()
        expect(tab.locator(".message")).to_have_count(4)
    one.get_by_role("button", name="Actions for this chat").click()
    one.get_by_role("menuitem", name="Rename").click()
    one.get_by_label("Title").fill("Another name")
    one.get_by_role("button", name="Save").click()
    expect(two.get_by_role("link", name="Another name")).to_be_visible()


def test_an_answer_that_another_device_began_is_marked_in_the_list(
    visit: Visit, world: World, account: Account, simulator: str, person: Arrive
) -> None:
    client = person(account)
    chat_id = client.open_chat(world.agent(account.team_id, f"{simulator}?tokens=100&delay_ms=20"))
    with client.begin(chat_id):
        page = visit(account).open()
        expect(page.locator(".sidebar .running")).to_be_visible()
    expect(page.locator(".sidebar .running")).to_have_count(0, timeout=15_000)


@pytest.fixture
def own_server(app: Flask, variables: dict[str, str], tmp_path: Path) -> Server:
    """A server that a test may hurt."""
    return Server({**variables, "WEB_APP": str(Web().bundle), "GRACEFUL_TIMEOUT": "5"}, tmp_path / "log")


def test_a_worker_that_is_killed_in_mid_answer_leaves_what_had_come(
    app: Flask, visit: Visit, world: World, account: Account, simulator: str, own_server: Server
) -> None:
    world.agent(account.team_id, f"{simulator}?tokens=3000&delay_ms=20")
    with own_server:
        page = visit(account, url=own_server.url).open()
        send(page, "Hello")
        expect(answers(page)).to_contain_text("t60 ")
        for worker in workers_of(own_server.child.pid):
            os.kill(worker, signal.SIGKILL)
        with app.app_context():  # the half minute after which a lost answer is closed has passed
            db.session.execute(text("UPDATE generations SET heartbeat_at = now() - interval '31 seconds'"))
            db.session.commit()
        expect(page.get_by_text("The server was interrupted.")).to_be_visible(timeout=60_000)
        kept = answers(page).locator(".bubble").inner_text()
        assert re.match(r"t1 t2 t3 ", kept)
        assert expected_text(3000).startswith(kept)
        await_end(page)
        page.get_by_role("button", name="Answer again").click()
        expect(page.get_by_text("Version 2 of 2")).to_be_attached()
        page.keyboard.press("Escape")
        await_end(page)


def test_the_user_who_goes_offline_is_told_and_comes_back(
    visit: Visit, world: World, account: Account, simulator: str
) -> None:
    world.agent(account.team_id, simulator)
    visitor = visit(account)
    page = visitor.open()
    send(page, "Hello")
    await_end(page)
    visitor.context.set_offline(True)
    send(page, "Are you there?")
    expect(page.get_by_text("The connection is lost. Coming back to the answer…")).to_be_visible()
    page.get_by_role("button", name="Stop the answer").click()  # not on its way yet: it is given up
    expect(composer(page)).to_have_value("Are you there?")
    expect(page.locator(".message")).to_have_count(2)
    composer(page).press("Enter")
    expect(page.locator(".message.from-user")).to_have_count(2)
    visitor.context.set_offline(False)
    expect(answers(page)).to_have_count(2)
    expect(answers(page).last).to_contain_text("Are you there?", timeout=15_000)
    await_end(page)
