"""Hostile requests made from the OpenAPI document, by schemathesis: whatever is sent, the answer is a documented one.

Cases at the limits of each schema, random ones, and sequences whose later calls use the ids that earlier ones were
given. ``make fuzz`` is the long form.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from schemathesis import AuthContext, AuthProvider, Case
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from chatstream.models.user import Role
from tests.support.person import Person
from tests.support.server import Server
from tests.support.world import World

EXAMPLES = int(os.environ.get("OPENAPI_EXAMPLES", "6"))
SEED = int(os.environ.get("OPENAPI_SEED", "1"))

OFF = {"enabled": False}
WORKFLOWS = {"expected-statuses": ["2xx", "4xx", "502", "504"]}
"""An agent's workflow that fails is not a failure of ours."""
ANSWERS = {"response_schema_conformance": OFF, "not_a_server_error": WORKFLOWS}
EXCEPTIONS: list[tuple[str, dict[str, Any]]] = [
    ("POST /api/chats/{chat_id}/messages", ANSWERS),
    ("POST /api/chats/{chat_id}/regenerate", ANSWERS),
    ("PUT /api/chats/{chat_id}/messages/{message_id}", ANSWERS),
    ("GET /api/chats/{chat_id}/stream", {"response_schema_conformance": OFF}),
    ("POST /api/chats/import", {"negative_data_rejection": OFF}),
    ("GET /api/agents/{agent_id}/avatar", {"ensure_resource_availability": OFF}),
    ("DELETE /api/agents/{agent_id}/avatar", {"ensure_resource_availability": OFF}),
]
"""The document says that a stream is a text, where schemathesis wants each event described; tests/support/frames.py
reads them strictly. What counts for nothing in an imported document is passed over. A new agent has no avatar."""

CONFIG: dict[str, Any] = {
    "seed": SEED,
    "cache": OFF,
    "generation": {"max-examples": EXAMPLES, "database": "none"},
    # no schema can say which text is a cursor, or that a password is common
    "checks": {"positive_data_acceptance": OFF},
    "phases": {"stateful": {"max-steps": 8}},
    "operations": [{"include-name": name, "checks": checks} for name, checks in EXCEPTIONS],
}

ENDS_SESSIONS = ("/logout", "/password", "/refresh")


def signs_in(server: Server, world: World, team_id: uuid.UUID, role: Role) -> type[AuthProvider[dict[str, str]]]:
    """Gives cases the session of a member of a team. When it is refused, since a case has ended it or has taken its
    rights away, schemathesis asks for another: of a new member."""

    class SignsIn:
        def get(self, _case: Case[Any], _context: AuthContext) -> dict[str, str]:
            with Person(server.url, world.account(team_id, role=role)) as person:
                return dict(person.http.cookies)

        def set(self, case: Case[Any], cookies: dict[str, str], _context: AuthContext) -> None:
            case.cookies = {**(case.cookies or {}), **cookies}

    return SignsIn


def whose_session(case: Case[Any], _context: AuthContext) -> str:
    """One for all, and one of its own for a case that ends its session."""
    return case.id if case.path.rstrip("/").endswith(ENDS_SESSIONS) else ""


class Findings:
    """What came of a run: every failed check, and the operations that were let through at least once."""

    def __init__(self) -> None:
        self.failures: list[str] = []
        self.served: set[str] = set()

    def take(self, scenario: events.ScenarioFinished) -> None:
        """Note the outcome of one test of an operation, or of one sequence."""
        recorder = scenario.recorder
        for case_id, checks in recorder.checks.items():
            name, exchange = recorder.cases[case_id].value.operation.label, recorder.interactions.get(case_id)
            answer = exchange.response if exchange else None
            if exchange and answer and answer.status_code < 300 and name.startswith(f"{exchange.request.method} "):
                self.served.add(name)
            for failed in (check.failure_info for check in checks if check.failure_info):
                said = answer.content if answer else None
                why = f"{failed.failure.title}: {failed.failure.message}"
                self.failures.append(f"{name}: {why}\n{failed.code_sample}\n{said!r}")


@pytest.fixture
def server(app: Flask, variables: dict[str, str], tmp_path: Path) -> Iterator[Server]:
    """A server that calls this machine and no other, whatever address it is given."""
    settings = {**variables, "WEBHOOK_ALLOWED_HOSTS": "127.0.0.1", "GRACEFUL_TIMEOUT": "5"}
    with Server(settings, tmp_path / "log") as server:
        yield server


@pytest.mark.timeout(60 + 5 * EXAMPLES)
@pytest.mark.parametrize("role", ["admin", "user"])
def test_every_answer_is_a_documented_one(world: World, server: Server, simulator: str, role: Role) -> None:
    team_id = world.team()
    world.agent(team_id, f"{simulator}?tokens=2&delay_ms=0")
    schema = schemathesis.openapi.from_url(
        f"{server.url}/api/openapi.json", config=SchemathesisConfig.from_dict(CONFIG)
    )
    refused = [401, 403] if role == "admin" else [401]
    schema.auth(cache_by_key=whose_session, retry_on=refused)(signs_in(server, world, team_id, role))
    findings = Findings()
    for event in from_schema(schema).execute():
        assert not isinstance(event, events.NonFatalError | events.FatalError), event
        if isinstance(event, events.ScenarioFinished):
            findings.take(event)
    assert findings.failures == []
    if role == "admin":
        every = {(path, method) for path, methods in schema.items() for method in methods if method != "parameters"}
        assert len(findings.served) > 0.5 * len(every), "most were let through, and did something"
    assert "Traceback" not in server.log.read_text()
