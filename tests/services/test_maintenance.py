"""What `flask maintenance` deletes, and what it leaves."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, text

from chatstream.extensions import db
from chatstream.models import AuthSession, Invite, PasswordReset
from chatstream.services import batches, error_logs
from chatstream.services.clock import now
from tests.support.world import World


def rows(table: str) -> int:
    return int(db.session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


def test_only_what_has_had_its_time_goes(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "AT_ONCE", 2)  # several turns
    account, other = world.account(), world.account()
    with app.app_context():
        for days in (-30, -10, -8, 1):
            ends = func.now() + timedelta(days=days)
            db.session.add(AuthSession(user_id=account.id, current_jti=uuid.uuid4(), expires_at=ends))
        ended = func.now() - timedelta(days=8)
        in_a_day = func.now() + timedelta(days=1)
        db.session.add(AuthSession(user_id=account.id, current_jti=uuid.uuid4(), expires_at=in_a_day, revoked_at=ended))
        for number, days in enumerate((-100, -91, -89, 1)):
            ends = func.now() + timedelta(days=days)
            db.session.add(Invite(team_id=account.team_id, token_hash=f"{number:064}", role="user", expires_at=ends))
        for number, (user, days) in enumerate(((account, -1), (other, 1))):
            ends = func.now() + timedelta(days=days)
            fields = {"token_hash": f"{number:064}", "password_fingerprint": "0" * 64, "expires_at": ends}
            db.session.add(PasswordReset(user_id=user.id, **fields))
        for days in (1, 31):
            error_logs.record(
                error_logs.Failure(code="x", message="x", kind=[f"k{'y' * days}"], at=now() - timedelta(days))
            )
        db.session.commit()
    said = app.test_cli_runner().invoke(args=["maintenance"])
    assert said.exit_code == 0, said.output
    assert said.output.splitlines() == [
        "failures: 1 deleted",
        "sessions: 4 deleted",
        "invites: 2 deleted",
        "password resets: 1 deleted",
    ]
    with app.app_context():
        assert [rows(table) for table in ("error_logs", "auth_sessions", "invites", "password_resets")] == [1, 1, 2, 1]
