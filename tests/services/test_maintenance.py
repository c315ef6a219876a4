"""What `flask maintenance` deletes and what it leaves: on several nodes at once, and killed in the middle."""

from __future__ import annotations

import re
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event, func, text
from sqlalchemy.exc import DataError, InternalError

from chatstream import create_app
from chatstream.config import Settings, SettingsError
from chatstream.extensions import db
from chatstream.models import AuthSession, Chat, Generation, GenerationEvent, Invite, PasswordReset
from chatstream.services import batches, error_logs
from chatstream.services.clock import now
from chatstream.services.generations.outcomes import Answer, close
from chatstream.services.shared_log import postgres
from tests.services.test_transcripts import new_chat
from tests.support.server import ROOT, command_environment
from tests.support.world import Account, World

TABLES = (
    *("generation_events", "auth_sessions", "invites", "error_logs", "generations", "audit_events"),
    "password_resets",
)
KEPT_AUDIT = {"AUDIT_RETENTION_DAYS": "365"}
FAILURES = text("""
    INSERT INTO error_logs (code, message, fingerprint, hour, last_seen_at)
    SELECT 'x', 'x', n::text, now(), now() - make_interval(days => 31) - make_interval(secs => n / 10)
    FROM generate_series(1, :count) AS n
""")
AUDIT = text("""
    INSERT INTO audit_events (team_id, action, actor_type, target_type, target_id, target_label, created_at)
    SELECT :team_id, 'team_changed', 'cli', 'team', :team_id, 'T', now() - make_interval(days => :days)
""")


def counts() -> list[int]:
    found = [int(db.session.scalar(text(f"SELECT count(*) FROM {table}")) or 0) for table in TABLES]
    db.session.rollback()
    return found


def told(app: Flask, *arguments: str) -> dict[str, int]:
    """What the command says of each kind."""
    said = app.test_cli_runner().invoke(args=["maintenance", *arguments])
    assert said.exit_code == 0, said.output
    return counted(said.output, "to delete" if arguments else "deleted")


def counted(output: str, ending: str = "deleted") -> dict[str, int]:
    found = re.findall(rf"^([a-z ]+): (\d+) {ending}$", output, re.MULTILINE)
    assert len(found) == len(output.splitlines()), output
    return {kind: int(number) for kind, number in found}


def in_days(days: float) -> object:
    return func.now() + timedelta(days=days)


def fill(world: World, account: Account, other: Account) -> None:
    """Rows of each kind, on both sides of the time that they are kept."""
    for days in (-30, -10, -8, 1):
        db.session.add(AuthSession(user_id=account.id, current_jti=uuid.uuid4(), expires_at=in_days(days)))
    for revoked in (-8, -6):
        ends = {"expires_at": in_days(1), "revoked_at": in_days(revoked)}
        db.session.add(AuthSession(user_id=account.id, current_jti=uuid.uuid4(), **ends))
    for number, days in enumerate((-100, -91, -89, 1)):
        fields = {"token_hash": f"{number:064}", "role": "user", "expires_at": in_days(days)}
        db.session.add(Invite(team_id=account.team_id, **fields))
    for number, (user, days) in enumerate(((account, -1), (other, 1))):
        fields = {"token_hash": f"{number:064}", "password_fingerprint": "0" * 64, "expires_at": in_days(days)}
        db.session.add(PasswordReset(user_id=user.id, **fields))
    for days in (1, 31):
        failure = error_logs.Failure(code="x", message="x", kind=[f"k{'y' * days}"], at=now() - timedelta(days))
        error_logs.record(failure)
    chat = db.session.get_one(Chat, new_chat(world))
    owner = {"chat_id": chat.id, "user_id": chat.user_id, "agent_id": chat.agent_id}
    finished = (-100, -91, -89, -0.001, None)
    answers = [
        Generation(**owner, status="complete" if end else "running", finished_at=in_days(end) if end else None)
        for end in finished
    ]
    db.session.add_all(answers)
    db.session.flush()
    for answer, seq in ((answers[2], 1), (answers[2], 7), (answers[3], 1), (answers[4], 1)):
        db.session.add(GenerationEvent(generation_id=answer.id, seq=seq, count=1, payloads="{}"))
    for days in (364, 366, 400):
        db.session.execute(AUDIT, {"team_id": account.team_id, "days": days})
    db.session.commit()


def test_only_what_has_had_its_time_goes(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "FIRST", 1)  # several batches
    monkeypatch.setattr(postgres, "SWEEP_ROWS", 1)
    with app.app_context():
        fill(world, world.account(), world.account())
        everything = counts()
    over = {"events": 2, "sessions": 4, "invites": 2, "failures": 1, "generations": 2, "password resets": 1}
    assert told(app, "--dry-run") == over
    with app.app_context():
        assert counts() == everything
    assert told(app) == over
    with app.app_context():
        assert counts() == [2, 2, 2, 1, 3, 4, 1]  # making an agent has left an audit event
    assert told(app) == dict.fromkeys(over, 0)


@contextmanager
def another(variables: Mapping[str, str], **changes: str) -> Iterator[Flask]:
    """The application with other settings."""
    app = create_app(Settings.from_environment({**variables, **changes}))
    yield app
    with app.app_context():
        db.engine.dispose()


def test_the_settings_say_how_long(app: Flask, world: World, variables: dict[str, str]) -> None:
    for_ever = {f"{kind}_RETENTION_DAYS": "0" for kind in ("SESSION", "INVITE", "ERROR_LOG", "GENERATION")}
    with app.app_context():
        fill(world, world.account(), world.account())
    with another(variables, **for_ever) as careful:
        assert told(careful) == {"events": 2, "password resets": 1}
    days = {"SESSION": 29, "INVITE": 95, "ERROR_LOG": 32, "GENERATION": 95, "AUDIT": 365}
    with another(variables, **{f"{kind}_RETENTION_DAYS": str(value) for kind, value in days.items()}) as longer:
        over = {"sessions": 1, "invites": 1, "failures": 0, "generations": 1, "audit events": 2}
        assert told(longer) == {"events": 0, **over, "password resets": 0}
    with app.app_context():
        assert counts() == [2, 5, 3, 2, 4, 2, 1]


@pytest.mark.parametrize("change", [{"AUDIT_RETENTION_DAYS": "29"}, {"GENERATION_RETENTION_DAYS": "1"}])
def test_a_time_that_is_too_short_is_refused(variables: dict[str, str], change: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=r"must be 0 \(kept for ever\) or at least"):
        Settings.from_environment({**variables, **change})


def test_the_audit_trail_goes_by_its_age_alone(app: Flask, world: World) -> None:
    team_id = world.team()
    with app.app_context():
        for days in (10, 40):
            db.session.execute(AUDIT, {"team_id": team_id, "days": days})
        db.session.commit()
        for setting in (None, "", "41", "30", "x"):  # with 30 one of them may go, the other is too young
            if setting is not None:
                name_days = text("SELECT set_config('chatstream.audit_retention_days', :days, true)")
                db.session.execute(name_days, {"days": setting})
            with pytest.raises(DataError if setting == "x" else InternalError):
                db.session.execute(text("DELETE FROM audit_events"))
            db.session.rollback()
        assert counts()[5] == 2
        db.session.execute(text("DELETE FROM teams WHERE id = :id"), {"id": team_id})
        db.session.commit()
        assert counts()[5] == 0


def node(variables: Mapping[str, str]) -> subprocess.Popen[str]:
    """The command, in a process of its own."""
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "maintenance"]
    environment = command_environment({**variables, **KEPT_AUDIT})
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


@contextmanager
def slow_deletions(seconds: float) -> Iterator[None]:
    """Each statement that deletes failures takes so long, with its rows locked."""
    db.session.execute(
        text(
            "CREATE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN PERFORM pg_sleep({seconds}); RETURN NULL; END $$"
        )
    )
    db.session.execute(
        text("CREATE TRIGGER pause AFTER DELETE ON error_logs FOR EACH STATEMENT EXECUTE FUNCTION pause()")
    )
    db.session.commit()
    try:
        yield
    finally:
        db.session.rollback()
        db.session.execute(text("DROP TRIGGER pause ON error_logs"))
        db.session.execute(text("DROP FUNCTION pause()"))
        db.session.commit()


def failures() -> int:
    return counts()[TABLES.index("error_logs")]


def test_two_nodes_share_the_work(app: Flask, variables: dict[str, str]) -> None:
    with app.app_context():
        db.session.execute(FAILURES, {"count": 600})
        db.session.commit()
        with slow_deletions(0.3):
            nodes = [node(variables) for _ in range(2)]
            said = [each.communicate(timeout=60)[0] for each in nodes]
        assert failures() == 0
    deleted = [counted(each)["failures"] for each in said]
    assert sum(deleted) == 600
    assert all(deleted), "one of them waited for the other"


def test_what_somebody_holds_is_passed_over(app: Flask) -> None:
    with app.app_context():
        db.session.execute(FAILURES, {"count": 3})
        db.session.commit()
        with db.engine.connect() as somebody:
            somebody.execute(text("SELECT 1 FROM error_logs WHERE fingerprint = '3' FOR UPDATE"))
            assert told(app)["failures"] == 2
        assert told(app)["failures"] == 1


def test_killed_in_the_middle_it_has_done_some_batches_and_no_half_one(app: Flask, variables: dict[str, str]) -> None:
    count = 5 * batches.FIRST
    with app.app_context():
        db.session.execute(FAILURES, {"count": count})
        db.session.commit()
        with slow_deletions(0.2):
            killed = node(variables)
            deadline = time.monotonic() + 30
            while failures() == count and time.monotonic() < deadline:
                time.sleep(0.02)
            killed.kill()
            killed.communicate()
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline and db.session.scalar(
                text("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
            ):
                db.session.rollback()
                time.sleep(0.05)
            db.session.rollback()
            # of the batches after the first, which a pause makes as small as may be, one may have been committed
            assert failures() in {count - batches.FIRST, count - batches.FIRST - batches.LEAST}
        assert told(app)["failures"] >= count - batches.FIRST - batches.LEAST
        assert failures() == 0


def test_slow_batches_become_small_and_quick_ones_large(app: Flask) -> None:
    assert batches.fitting(200, 0.1) == 50
    assert batches.fitting(200, 0.0) == 400
    assert batches.fitting(200, 60.0) == batches.LEAST
    assert batches.fitting(batches.MOST, 0.001) == batches.MOST


def test_each_batch_goes_by_an_index_and_begins_where_the_last_ended(app: Flask, world: World) -> None:
    """As the plans of a filled database say: a table that is read as a whole would be so for each batch."""
    plans: list[str] = []

    def explain(connection: object, cursor: object, statement: str, parameters: object, *_: object) -> None:
        if "DELETE FROM" in statement:
            other = cursor.connection.cursor()  # type: ignore[attr-defined]
            other.execute("SET LOCAL enable_seqscan = off")
            other.execute("EXPLAIN " + statement, parameters)
            plans.append("\n".join(row[0] for row in other.fetchall()))

    with app.app_context():
        fill(world, world.account(), world.account())
        db.session.execute(FAILURES, {"count": 500})
        db.session.commit()
        event.listen(db.engine, "before_cursor_execute", explain)
        try:
            with app.app_context():
                told(app)
        finally:
            event.remove(db.engine, "before_cursor_execute", explain)
    assert len(plans) >= 7
    for plan in plans:
        assert "Seq Scan" not in plan, plan
    assert any("ROW(last_seen_at, id)" in plan.replace("error_logs_1.", "") for plan in plans), plans


def test_an_ended_answer_has_forgotten_its_session(app: Flask, world: World) -> None:
    """So that deleting a session finds few answers, by the index of those that are running."""
    with app.app_context():
        chat = db.session.get_one(Chat, new_chat(world))
        session = AuthSession(user_id=chat.user_id, current_jti=uuid.uuid4(), expires_at=in_days(1))
        db.session.add(session)
        db.session.flush()
        running = Generation(chat_id=chat.id, user_id=chat.user_id, agent_id=chat.agent_id, session_id=session.id)
        db.session.add(running)
        db.session.commit()
        answer = Answer(status="complete", content="Yes")
        message = answer.message(running.message_id)
        assert close(db.session.connection(), chat.id, running.id, message, answer)
        db.session.commit()
        assert db.session.scalar(text("SELECT session_id FROM generations")) is None
