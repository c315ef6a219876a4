"""Sessions: listed, revoked, outlived by nobody's rights, and looked up seldom."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from chatstream.extensions import db
from chatstream.services import auth_sessions, principal_cache
from chatstream.services.principal_cache import LIFETIME_S, MOST, PrincipalCache
from tests.api.test_auth import age_rotation, login, refresh_token, refresh_with
from tests.api.test_errors import is_problem
from tests.conftest import SignIn
from tests.support.queries import counted
from tests.support.world import PASSWORD, Account, World

NEW = "another fine password"


def listed(client: FlaskClient) -> list[dict[str, object]]:
    answer = client.get("/api/auth/sessions")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, object]] = answer.get_json()["items"]
    return items


def works(client: FlaskClient) -> bool:
    return client.get("/api/auth/me").status_code == 200


def own_id(client: FlaskClient) -> str:
    (current,) = [item["id"] for item in listed(client) if item["current"]]
    return str(current)


def run(app: Flask, *arguments: str, stdin: str | None = None) -> None:
    result = app.test_cli_runner().invoke(args=list(arguments), input=stdin)
    assert result.exit_code == 0, result.output


# --- list and revoke ------------------------------------------------------------------------------------------


def test_a_user_sees_where_it_is_signed_in(app: Flask, world: World, sign_in: SignIn) -> None:
    account = world.account()
    phone = app.test_client()
    phone.post(
        "/api/auth/login",
        json={"email": account.email, "password": PASSWORD},
        headers={"User-Agent": "Phone/1 " + "x" * 500},
        environ_base={"REMOTE_ADDR": "2001:db8::7"},
    )
    laptop = sign_in(account)
    world.account()
    sign_in(world.account(account.team_id))
    newest, oldest = listed(laptop)
    assert set(newest) == {"id", "created_at", "last_used_at", "ip", "user_agent", "current"}
    assert (newest["current"], oldest["current"]) == (True, False)
    assert (newest["ip"], oldest["ip"]) == ("127.0.0.1", "2001:db8::7")
    assert str(oldest["user_agent"]).startswith("Phone/1 x")
    assert len(str(oldest["user_agent"])) == 400
    assert [item["current"] for item in listed(phone)] == [False, True]

    page = laptop.get("/api/auth/sessions?limit=1").get_json()
    rest = laptop.get(f"/api/auth/sessions?limit=1&cursor={page['next_cursor']}").get_json()
    assert [page["items"][0]["id"], rest["items"][0]["id"]] == [newest["id"], oldest["id"]]
    assert rest["next_cursor"] is None


def test_a_session_is_revoked_from_another(app: Flask, world: World, sign_in: SignIn) -> None:
    account = world.account()
    here, there = sign_in(account), sign_in(account)
    assert works(there)
    there_id = own_id(there)
    assert here.delete(f"/api/auth/sessions/{there_id}").status_code == 204
    assert not works(there)
    assert there.post("/api/auth/refresh").status_code == 401
    assert works(here)
    assert len(listed(here)) == 1
    is_problem(here.delete(f"/api/auth/sessions/{there_id}"), 404, "not_found")


def test_nobody_elses_session_can_be_revoked(app: Flask, world: World, sign_in: SignIn) -> None:
    victim = world.account()
    target = sign_in(victim)
    target_id = own_id(target)
    for stranger in (world.account(), world.account(victim.team_id, role="admin")):
        is_problem(sign_in(stranger).delete(f"/api/auth/sessions/{target_id}"), 404, "not_found")
    for key in (str(uuid.uuid4()), "me"):
        is_problem(target.delete(f"/api/auth/sessions/{key}"), 404, "not_found")
    assert works(target)


def test_an_ended_session_is_not_listed(app: Flask, world: World, sign_in: SignIn) -> None:
    account = world.account()
    here, expired, out = sign_in(account), sign_in(account), sign_in(account)
    with app.app_context():
        statement = text("UPDATE auth_sessions SET expires_at = now() - interval '1 s' WHERE id = :id")
        db.session.execute(statement, {"id": own_id(expired)})
        db.session.commit()
    out.post("/api/auth/logout")
    assert [item["current"] for item in listed(here)] == [True]


def test_a_session_has_an_end_that_no_refresh_moves(app: Flask, world: World, sign_in: SignIn) -> None:
    client = sign_in(world.account())
    with app.app_context():
        db.session.execute(text("UPDATE auth_sessions SET created_at = now() - interval '89 days'"))
        db.session.commit()
    assert client.post("/api/auth/refresh").status_code == 200
    with app.app_context():
        left = db.session.scalar(text("SELECT expires_at - now() FROM auth_sessions"))
    assert 0 < left.total_seconds() <= 24 * 3600


# --- passwords ------------------------------------------------------------------------------------------------


def change(client: FlaskClient, current: str = PASSWORD, new: str = NEW) -> int:
    body = {"current_password": current, "new_password": new}
    return client.post("/api/auth/password", json=body).status_code


def test_a_new_password_ends_the_other_sessions(app: Flask, world: World, sign_in: SignIn) -> None:
    account = world.account()
    here, there = sign_in(account), sign_in(account)
    assert works(there)
    assert change(here) == 200
    assert works(here)
    assert here.post("/api/auth/refresh").status_code == 200
    assert not works(there)
    assert there.post("/api/auth/refresh").status_code == 401
    assert login(app.test_client(), account.email).status_code == 401
    assert login(app.test_client(), account.email, NEW).status_code == 200


@pytest.mark.parametrize(
    ("current", "new", "field"),
    [
        ("wrong", NEW, "current_password"),
        ("", NEW, "current_password"),
        (PASSWORD, "short", "new_password"),
        (PASSWORD, "x" * 129, "new_password"),
        (PASSWORD, "Password123", "new_password"),
        (PASSWORD, None, "new_password"),
    ],
)
def test_a_password_is_not_changed(
    app: Flask, world: World, sign_in: SignIn, current: str, new: str | None, field: str
) -> None:
    account = world.account()
    here, there = sign_in(account), sign_in(account)
    answer = here.post("/api/auth/password", json={"current_password": current, "new_password": new})
    is_problem(answer, 422, "validation_failed")
    assert list(answer.get_json()["errors"]) == [field]
    assert works(there)
    assert login(app.test_client(), account.email).status_code == 200


def test_guesses_at_the_present_password_are_limited(app: Flask, world: World, sign_in: SignIn) -> None:
    account = world.account()
    client = sign_in(account)
    app.config["LOGIN_RATE_LIMIT"] = "5 per minute"
    try:
        assert [change(client, "wrong") for _ in range(6)] == [422] * 5 + [429]
        assert change(client) == 429
    finally:
        app.config["LOGIN_RATE_LIMIT"] = "100000 per minute"


# --- rights end at once ---------------------------------------------------------------------------------------


def logout(app: Flask, client: FlaskClient, account: Account) -> None:
    client.post("/api/auth/logout")


def deactivate(app: Flask, client: FlaskClient, account: Account) -> None:
    run(app, "user", "deactivate", account.email, "--team", str(account.team_id))


def deactivate_team(app: Flask, client: FlaskClient, account: Account) -> None:
    run(app, "team", "deactivate", str(account.team_id))


def set_password(app: Flask, client: FlaskClient, account: Account) -> None:
    run(app, "user", "set-password", account.email, "--team", str(account.team_id), stdin=f"{NEW}\n")


def replay(app: Flask, client: FlaskClient, account: Account) -> None:
    stolen = refresh_token(client)
    assert client.post("/api/auth/refresh").status_code == 200
    age_rotation(app, 11)
    assert refresh_with(app, stolen).status_code == 401


@pytest.mark.parametrize("ends", [logout, deactivate, deactivate_team, set_password, replay])
def test_what_ends_a_session_is_known_here_at_once(
    app: Flask, world: World, sign_in: SignIn, ends: Callable[[Flask, FlaskClient, Account], None]
) -> None:
    account = world.account()
    client = sign_in(account)
    cookie = client.get_cookie("access_token")
    assert cookie is not None
    assert works(client)
    ends(app, client, account)
    thief = app.test_client()
    thief.set_cookie("access_token", cookie.value)
    is_problem(thief.get("/api/auth/me"), 401, "invalid_token")


def test_a_role_counts_from_the_next_request_on(app: Flask, world: World, sign_in: SignIn) -> None:
    account = world.account(role="admin")
    client = sign_in(account)
    for role, status in (("admin", 422), ("user", 403), ("admin", 422)):
        run(app, "user", "set-role", account.email, role, "--team", str(account.team_id))
        assert client.post("/api/agents/", json={}).status_code == status


def test_a_change_that_is_rolled_back_changes_nothing(app: Flask, world: World, sign_in: SignIn) -> None:
    account = world.account()
    client = sign_in(account)
    with app.app_context():
        auth_sessions.revoke_all(account.id)
        db.session.rollback()
    assert works(client)


def test_a_login_that_is_overtaken_by_a_new_password_fails(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = world.account()
    hasher = app.extensions["chatstream"].accounts.hasher
    verify = type(hasher).fitting

    def overtaken(self: object, password: str, stored: set[str]) -> set[str]:
        fitting: set[str] = verify(self, password, stored)
        with app.app_context():
            db.session.execute(text("UPDATE users SET password_hash = 'another'"))
            db.session.commit()
        return fitting

    monkeypatch.setattr(type(hasher), "fitting", overtaken)
    is_problem(login(app.test_client(), account.email), 401, "invalid_credentials")
    with app.app_context():
        assert db.session.scalar(text("SELECT count(*) FROM auth_sessions")) == 0


# --- look-ups -------------------------------------------------------------------------------------------------


def test_requests_in_a_row_take_one_look_up(app: Flask, world: World, sign_in: SignIn) -> None:
    client = sign_in(world.account())
    with counted(app) as seen:
        for _ in range(20):
            assert client.get("/api/chats/").status_code == 200
    assert len([statement for statement in seen if "auth_sessions" in statement]) == 1
    assert len(seen) == 21


def test_a_look_up_counts_for_a_few_seconds(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    account = world.account()
    with app.app_context():
        session_id = _session_of(account)
        cache, start = PrincipalCache(), time.monotonic()
        assert cache.find(session_id, account.id) is not None
        db.session.execute(text("UPDATE users SET is_active = false"))  # without a word
        db.session.commit()
        monkeypatch.setattr("time.monotonic", lambda: start + LIFETIME_S - 0.5)
        assert cache.find(session_id, account.id) is not None
        monkeypatch.setattr("time.monotonic", lambda: start + LIFETIME_S + 1)
        assert cache.find(session_id, account.id) is None
    assert LIFETIME_S < 5


def test_a_look_up_that_a_word_overtakes_is_not_kept(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    account = world.account()
    cache = PrincipalCache()
    look_up = principal_cache._look_up

    def overtaken(session_id: uuid.UUID) -> object:
        found = look_up(session_id)
        cache.heard("principals", [account.id])
        return found

    with app.app_context():
        session_id = _session_of(account)
        monkeypatch.setattr(principal_cache, "_look_up", overtaken)
        assert cache.find(session_id, account.id) is not None
        monkeypatch.undo()
        with counted(app) as seen:
            assert cache.find(session_id, account.id) is not None
        assert len(seen) == 1


def test_a_new_connection_of_the_listener_empties_the_cache(app: Flask, world: World) -> None:
    account = world.account()
    cache = PrincipalCache()
    with app.app_context():
        session_id = _session_of(account)
        cache.find(session_id, account.id)
        cache.heard("events", [uuid.uuid4()])
        cache.heard("principals", [uuid.uuid4()])
        with counted(app) as seen:
            cache.find(session_id, account.id)
            assert len(seen) == 0
            cache.heard("", [])
            cache.find(session_id, account.id)
            assert len(seen) == 1
        assert cache.find(session_id, uuid.uuid4()) is None


def test_the_cache_is_bounded(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    account = world.account()
    monkeypatch.setattr(principal_cache, "MOST", 3)
    cache = PrincipalCache()
    with app.app_context():
        sessions = [_session_of(account) for _ in range(4)]
        for session_id in sessions:
            cache.find(session_id, account.id)
        assert list(cache._kept) == sessions[1:]
    assert MOST <= 10_000


def test_last_used_is_noted_now_and_then(app: Flask, world: World) -> None:
    account = world.account()
    with app.app_context():
        session_id = _session_of(account)
        for past, noted in (("10 minutes", True), ("1 minute", False)):
            db.session.execute(text(f"UPDATE auth_sessions SET last_used_at = now() - interval '{past}'"))
            db.session.commit()
            assert PrincipalCache().find(session_id, account.id) is not None
            age = db.session.scalar(text("SELECT now() - last_used_at FROM auth_sessions"))
            assert (age.total_seconds() < 30) == noted


def _session_of(account: Account) -> uuid.UUID:
    statement = text(
        "INSERT INTO auth_sessions (user_id, current_jti, expires_at)"
        " VALUES (:user_id, gen_random_uuid(), now() + interval '1 day') RETURNING id"
    )
    session_id: uuid.UUID = db.session.execute(statement, {"user_id": account.id}).scalar_one()
    db.session.commit()
    return session_id
