"""The team and its settings."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests.conftest import SignIn
from tests.support.world import PASSWORD, World

SETTINGS = {"name", "registration", "retention_days"}


def test_an_admin_reads_and_changes_only_what_is_sent(world: World, sign_in: SignIn) -> None:
    account = world.account(role="admin")
    client, neighbour = sign_in(account), sign_in(world.account(role="admin"))
    before = client.get("/api/team").get_json()
    assert set(before) == SETTINGS | {"id", "slug", "created_at"}
    assert (before["id"], before["registration"], before["retention_days"]) == (str(account.team_id), "open", None)
    for change in ({"name": " Renamed "}, {"registration": "invite"}, {"retention_days": 30}, {"retention_days": None}):
        answer = client.patch("/api/team", json=change)
        assert answer.status_code == 200, answer.text
        expected = {**before, **change, "name": "Renamed"}
        assert answer.get_json() == client.get("/api/team").get_json() == expected
        before = expected
    assert neighbour.get("/api/team").get_json()["name"] != "Renamed"


def test_the_setting_decides_who_registers(app: Flask, world: World, sign_in: SignIn) -> None:
    account = world.account(role="admin")
    client = sign_in(account)
    body = {"email": "new@example.org", "password": PASSWORD, "team_id": str(account.team_id)}
    for registration, status in (("invite", 404), ("open", 201)):
        assert client.patch("/api/team", json={"registration": registration}).status_code == 200
        assert app.test_client().post("/api/auth/register", json=body).status_code == status


def test_users_may_not(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.account())
    for answer in (client.get("/api/team"), client.patch("/api/team", json={"name": "Mine"})):
        assert (answer.status_code, answer.get_json()["code"]) == (403, "admin_required")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": None}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"registration": "closed"}, "registration"),
        ({"registration": None}, "registration"),
        ({"retention_days": 0}, "retention_days"),
        ({"retention_days": 3651}, "retention_days"),
        ({"retention_days": True}, "retention_days"),
        ({"retention_days": 10**30}, "retention_days"),
        ({"slug": "mine"}, "slug"),
        ({"is_active": False}, "is_active"),
    ],
)
def test_bad_settings_are_named(world: World, sign_in: SignIn, body: dict[str, Any], field: str) -> None:
    client = sign_in(world.account(role="admin"))
    before = client.get("/api/team").get_json()
    answer = client.patch("/api/team", json={"registration": "invite", **body})
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [field])
    assert client.get("/api/team").get_json() == before


def test_the_command_line_sets_registration_too(app: Flask, world: World, sign_in: SignIn) -> None:
    account = world.account(role="admin")
    client = sign_in(account)
    for registration in ("invite", "open"):
        arguments = ["team", "set-registration", str(account.team_id), registration]
        assert app.test_cli_runner().invoke(args=arguments).exit_code == 0
        assert client.get("/api/team").get_json()["registration"] == registration
    refused = app.test_cli_runner().invoke(args=["team", "set-registration", "nowhere", "open"])
    assert (refused.exit_code, "no team" in refused.output) == (1, True)
