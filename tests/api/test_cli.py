"""The ``flask`` commands."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text

from chatstream.extensions import db
from chatstream.services.demo import ADMIN, USER
from tests.api.test_operations import production
from tests.support.world import World


def run(app: Flask, *arguments: str, stdin: str | None = None, fails: bool = False) -> str:
    result = app.test_cli_runner().invoke(args=list(arguments), input=stdin)
    assert (result.exit_code != 0) == fails, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result.output


def rows(app: Flask, query: str) -> list[tuple[object, ...]]:
    with app.app_context():
        return [tuple(row) for row in db.session.execute(text(query))]


def can_sign_in(app: Flask, email: str, password: str) -> bool:
    answer = app.test_client().post("/api/auth/login", json={"email": email, "password": password})
    return answer.status_code == 200


def test_teams_are_created_listed_and_deactivated(app: Flask) -> None:
    run(app, "team", "create", "Sales & Support")
    assert "sales-support" in run(app, "team", "list")
    assert "exists already" in run(app, "team", "create", "sales support", fails=True)
    run(app, "team", "create", "Sales & Support", "--slug", "sales-2")
    run(app, "team", "create", "日本")
    assert {row[0] for row in rows(app, "SELECT slug FROM teams")} == {"sales-support", "sales-2", "team"}
    run(app, "user", "create", "ada@example.org", "--team", "sales-2", stdin="a fine password\n")
    assert can_sign_in(app, "ada@example.org", "a fine password")
    assert "inactive" in run(app, "team", "deactivate", "sales-2")
    assert not can_sign_in(app, "ada@example.org", "a fine password")
    assert "no team" in run(app, "team", "deactivate", "nowhere", fails=True)


def test_users_are_created_promoted_and_deactivated(app: Flask, world: World) -> None:
    team = str(world.team())
    output = run(app, "user", "create", "Ada@Example.org", "--team", team, "--role", "admin", stdin="a fine password\n")
    assert "ada@example.org  admin" in output
    assert "a fine password" not in output
    assert "ada@example.org" in run(app, "user", "list", "--team", team)
    run(app, "user", "set-role", "ada@example.org", "user", "--team", team)
    assert rows(app, "SELECT role FROM users") == [("user",)]
    run(app, "user", "set-password", "ADA@example.org", "--team", team, stdin="another fine one\n")
    assert not can_sign_in(app, "ada@example.org", "a fine password")
    assert can_sign_in(app, "ada@example.org", "another fine one")
    run(app, "user", "deactivate", "ada@example.org", "--team", team)
    assert not can_sign_in(app, "ada@example.org", "another fine one")
    assert rows(app, "SELECT count(*) FROM auth_sessions WHERE revoked_at IS NULL") == [(0,)]


@pytest.mark.parametrize(
    ("email", "password", "complaint"),
    [
        ("nobody", "a fine password", "not an email address"),
        ("ada@example.org", "short", "8 to 128"),
        ("ada@example.org", "ada@example.org", "email address"),
        ("ada@example.org", "", "8 to 128"),
    ],
)
def test_bad_accounts_are_refused(app: Flask, world: World, email: str, password: str, complaint: str) -> None:
    team = str(world.team())
    assert complaint in run(app, "user", "create", email, "--team", team, stdin=f"{password}\n", fails=True)
    assert rows(app, "SELECT 1 FROM users") == []


def test_an_account_is_not_made_twice(app: Flask, world: World) -> None:
    account = world.account()
    team = str(account.team_id)
    assert "already" in run(app, "user", "create", account.email, "--team", team, stdin="a fine password\n", fails=True)
    assert "no user" in run(app, "user", "deactivate", "x@example.org", "--team", team, fails=True)


def test_a_password_is_never_an_argument(app: Flask) -> None:
    for command in ("create", "set-password"):
        assert "--password" not in run(app, "user", command, "--help")


def test_seeding_twice_changes_nothing_that_people_changed(app: Flask) -> None:
    url = "http://127.0.0.1:5679/webhook/demo"
    output = run(app, "seed", "--webhook-url", url)
    assert all(" / ".join(login) in output for login in (ADMIN, USER))
    before = rows(app, "SELECT id, email, password_hash FROM users ORDER BY 1")
    run(app, "user", "set-password", USER[0], "--team", "demo", stdin="changed by a person\n")
    run(app, "seed", "--webhook-url", url.replace("5679", "5680"))
    assert rows(app, "SELECT webhook_url FROM agents") == [(url.replace("5679", "5680"),)]
    assert len(rows(app, "SELECT 1 FROM users")) == len(before) == 2
    assert can_sign_in(app, USER[0], "changed by a person")
    with app.app_context():
        db.session.execute(text("UPDATE agents SET webhook_url = 'https://n8n.example.org/webhook/x'"))
        db.session.commit()
    run(app, "seed", "--webhook-url", url)
    assert rows(app, "SELECT webhook_url FROM agents") == [("https://n8n.example.org/webhook/x",)]


def test_seeding_refuses_in_production(app: Flask, variables: dict[str, str]) -> None:
    output = run(production(variables), "seed", fails=True)
    assert "refuses in production" in output
    assert rows(app, "SELECT 1 FROM teams") == []


def test_a_database_without_tables_is_told_plainly(app: Flask) -> None:
    with app.app_context():
        db.session.execute(text("ALTER TABLE teams RENAME TO hidden"))
        db.session.commit()
    try:
        assert "flask db upgrade" in run(app, "team", "list", fails=True)
    finally:
        with app.app_context():
            db.session.execute(text("ALTER TABLE hidden RENAME TO teams"))
            db.session.commit()
