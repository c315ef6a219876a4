"""Every route says who may call it, and the application does not start without."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from chatstream.http.policy import policy_of, require_policies

PUBLIC = {
    "auth.register",
    "auth.login",
    "auth.refresh",
    "auth.logout",
    "password_resets.use",
    "operations.healthz",
    "operations.readyz",
    "operations.metrics",
    "documentation.openapi",
    "documentation.page",
    "documentation.start",
    "documentation.asset",
    "web_app.home",
    "web_app.deep_link",
    "web_app.asset",
}


def test_the_public_routes_are_these_and_no_others(app: Flask) -> None:
    stated = {rule.endpoint: policy_of(app.view_functions[rule.endpoint]) for rule in app.url_map.iter_rules()}
    assert None not in stated.values()
    assert {endpoint for endpoint, policy in stated.items() if policy == "public"} == PUBLIC


def test_a_view_without_a_policy_keeps_the_application_from_starting() -> None:
    app = Flask("x", static_folder=None)
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    with pytest.raises(RuntimeError, match="forgotten"):
        require_policies(app)


def test_nobody_passes_without_a_token(app: Flask) -> None:
    client = app.test_client()
    nil = "00000000-0000-4000-8000-000000000000"
    asked = 0
    for rule in app.url_map.iter_rules():
        if policy_of(app.view_functions[rule.endpoint]) == "public":
            continue
        path = re.sub("<int:[^>]+>", "1", re.sub("<uuid:[^>]+>", nil, rule.rule))
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            answer = client.open(path, method=method)
            assert (answer.status_code, answer.json and answer.json["code"]) == (401, "unauthenticated"), rule
            asked += 1
    assert asked >= 14
