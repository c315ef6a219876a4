"""What a server does without until somebody asks for it, so that it starts soon and stays small."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from alembic.script import ScriptDirectory
from flask import Flask
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from chatstream import MIGRATIONS, create_app
from chatstream.config import Settings
from chatstream.services.passwords import MIN_LENGTH, _common
from chatstream.services.revisions import revisions_in
from tests.support.server import ROOT, Process, command_environment, free_port
from tests.support.settings import environment

NOWHERE = "postgresql://127.0.0.1:1/none"
LATE = {"alembic", "chatstream.cli.commands", "chatstream.n8n_sim", "flask_migrate", "mako", "pygments", "zxcvbn"}
WITH_REDIS = {"redis", "chatstream.services.shared_log.redis_streams"}
WITH_TRACES = {"opentelemetry", "chatstream.tracing.otel"}


def imported(**settings: str) -> set[str]:
    """The modules of a process that has imported what gunicorn does."""
    program = "import json, sys, wsgi; print(json.dumps(list(sys.modules)))"
    variables = command_environment(environment(NOWHERE, **settings))
    said = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=variables, capture_output=True, check=True)
    return set(json.loads(said.stdout))


def test_a_server_imports_no_commands() -> None:
    modules = imported()
    assert "flask_smorest" in modules, "it is the application that was imported"
    assert not modules & (LATE | WITH_REDIS | WITH_TRACES)


def test_redis_is_imported_where_it_is_used() -> None:
    modules = imported(REDIS_URL="redis://127.0.0.1:1")
    assert modules >= WITH_REDIS
    assert not modules & LATE


def test_revisions_are_those_that_alembic_finds() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    found = revisions_in(MIGRATIONS)
    assert found.heads == set(scripts.get_heads())
    assert found.known == {script.revision for script in scripts.walk_revisions()}


def test_common_passwords_are_those_of_zxcvbn() -> None:
    assert _common() == {word for word in FREQUENCY_LISTS["passwords"] if len(word) >= MIN_LENGTH}


def test_the_document_is_not_made_at_the_start(app: Flask) -> None:
    fresh = create_app(Settings.from_environment(environment(NOWHERE)))
    api = fresh.extensions["flask-smorest"]["apis"][""]["ext_obj"]
    assert api._collected is None
    with fresh.app_context():
        assert fresh.extensions["openapi"].document == app.extensions["openapi"].document
    assert api._collected is not None


def test_a_document_that_failed_is_made_anew(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = create_app(Settings.from_environment(environment(NOWHERE)))
    with monkeypatch.context() as patch, fresh.app_context():
        patch.setattr("chatstream.blueprints.versions.bp.register_views_in_doc", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            _ = fresh.extensions["openapi"].document
    with fresh.app_context():
        assert fresh.extensions["openapi"].document == app.extensions["openapi"].document


def test_a_worker_collects_garbage_once_it_serves(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "tests.support.collecting:app"]
    with Process(command, environment(NOWHERE, PORT=str(port), GRACEFUL_TIMEOUT="5"), tmp_path / "log") as server:
        server.wait_for(f"http://127.0.0.1:{port}/healthz")
        said = requests.get(f"http://127.0.0.1:{port}/gc", timeout=5).json()
    assert said["enabled"]
    assert said["frozen"] > 50_000, "what was imported is looked at no more"
