"""Hostile bodies to every route that takes one, as the OpenAPI document describes them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psutil
import pytest
import requests
from flask import Flask

from tests.attacks.routes import ROUTES, Asking
from tests.faults.exchanges import workers_of
from tests.support.cast import Cast, Things
from tests.support.server import Server
from tests.support.tables import digests

TAKE_BODIES = [route for route, row in ROUTES.items() if row.body is not None]
MIB = 1 << 20
DEEP = "[" * 2000 + "]" * 2000

NEVER_GOOD = {
    "NUL": r'"nul \u0000"',
    "half a surrogate pair": r'"half \ud800"',
    "NaN": "NaN",
    "infinity": "-Infinity",
    "out of range": "1e999",
    "deep": DEEP,
    "deep objects": '{"a":' * 200 + "1" + "}" * 200,
    "many digits": "9" * 5000,
    "huge": json.dumps("x" * 1_000_000),
}
VALUES = {
    "null": "null",
    "string": '""',
    "array": "[]",
    "integer": "0",
    "number": "1.5",
    "boolean": "true",
    "object": "{}",
}
"""By JSON Schema's name of their type."""

OF_OTHERS = ("id", "team_id", "user_id", "role", "is_admin", "created_by", "password_hash", "__proto__")


def field_of(value: str, field: str, body: dict[str, Any]) -> bytes:
    """``body`` with a field whose value is given as JSON, or as what only looks like it."""
    others = {name: given for name, given in body.items() if name != field}
    head = json.dumps(others)[:-1]
    return f"{head}{', ' if others else ''}{json.dumps(field)}: {value}}}".encode()


def is_problem(answer: requests.Response) -> bool:
    return (
        answer.headers["Content-Type"] == "application/problem+json" and answer.json()["status"] == answer.status_code
    )


class Form:
    """A route's body as the OpenAPI document has it."""

    def __init__(self, cast: Cast, route: str) -> None:
        document = cast.callers["admin"].get("/api/openapi.json").json()
        method, rule = route.split(" ", 1)
        path = rule.replace("<uuid:", "{").replace(">", "}")
        content = document["paths"][path][method.lower()]["requestBody"]["content"]["application/json"]
        name = content["schema"]["$ref"].rpartition("/")[2]
        self.fields: dict[str, dict[str, Any]] = document["components"]["schemas"][name]["properties"]

    def types(self, field: str) -> set[str]:
        """The JSON types that a field may have."""
        said = self.fields[field].get("type", [])
        types = {said} if isinstance(said, str) else set(said)
        return types | ({"integer"} if "number" in types else set())


@pytest.fixture
def things(cast: Cast) -> Things:
    return cast.things()


def caller_of(route: str) -> str:
    return "owner" if ROUTES[route].outcomes["owner"] == "ok" else "admin"


@pytest.mark.parametrize("route", TAKE_BODIES)
def test_no_value_of_any_field_is_a_failure_of_ours(cast: Cast, things: Things, route: str) -> None:
    asking, form, caller = Asking(cast, route), Form(cast, route), caller_of(route)
    good = things.fill(asking.row.body)
    assert set(good) <= set(form.fields)

    def sent(field: str, value: str) -> requests.Response:
        data = field_of(value, field, good)
        return asking.ask(caller, things, data=data, headers={"Content-Type": "application/json"}, stream=False)

    for field in form.fields:
        for kind, value in NEVER_GOOD.items():
            answer = sent(field, value)
            if answer.status_code == 201 and asking.row.is_document:
                continue
            assert answer.status_code in (400, 413, 422), (field, kind, answer.text)
            assert is_problem(answer), (field, kind)
        for kind, value in VALUES.items():
            answer = sent(field, value)
            assert answer.status_code < 500, (field, kind, answer.text)
            if kind not in form.types(field) and not (answer.status_code == 201 and asking.row.is_document):
                assert answer.status_code == 422, (field, kind, answer.text)
                assert field in answer.json()["errors"], (field, kind)
            if not answer.ok:
                assert is_problem(answer), (field, kind)


@pytest.mark.parametrize("route", TAKE_BODIES)
def test_nobody_sets_what_is_not_in_the_contract(app: Flask, cast: Cast, things: Things, route: str) -> None:
    asking, form, caller = Asking(cast, route), Form(cast, route), caller_of(route)
    before = digests(app)
    for field in set(OF_OTHERS) - set(form.fields):
        answer = asking.ask(caller, things, json={**things.fill(asking.row.body), field: things.ids["user_id"]})
        assert answer.status_code == 422, (field, answer.text)
        assert list(answer.json()["errors"]) == [field]
    assert digests(app) == before


def test_json_is_taken_as_json_only(app: Flask, cast: Cast, things: Things) -> None:
    form = "application/x-www-form-urlencoded"
    before = digests(app)
    for route in TAKE_BODIES:
        asking = Asking(cast, route)
        data = json.dumps(things.fill(asking.row.body)).encode()
        for media_type in ("text/plain", form, "multipart/form-data; boundary=x", "text/json", "application/jsonp", ""):
            answer = asking.ask(caller_of(route), things, data=data, headers={"Content-Type": media_type})
            assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type"), (route, media_type)
    assert digests(app) == before


def test_a_picture_is_taken_as_a_form_only(cast: Cast, things: Things) -> None:
    asking = Asking(cast, "POST /api/agents/<uuid:agent_id>/avatar")
    for media_type in ("application/json", "image/png", "application/x-www-form-urlencoded", ""):
        answer = asking.ask("admin", things, data=b"{}", headers={"Content-Type": media_type})
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type"), media_type


def test_bodies_of_50_mib_cost_nothing(cast: Cast, things: Things, server: Server) -> None:
    workers = [psutil.Process(pid) for pid in workers_of(server.child.pid)]

    def pieces() -> Iterator[bytes]:
        yield b'{"name": "'
        for _ in range(50):
            yield b"x" * MIB

    before = sum(worker.memory_info().rss for worker in workers)
    for route in TAKE_BODIES:
        for body in (b"x" * (50 * MIB), pieces()):
            headers = {"Content-Type": "application/json"}
            answer = Asking(cast, route).ask(caller_of(route), things, data=body, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large"), route
    assert sum(worker.memory_info().rss for worker in workers) - before < 20 * MIB
