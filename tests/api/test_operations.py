"""What operators and readers of the contract ask."""

from __future__ import annotations

import base64
import re
import secrets

from flask import Flask
from sqlalchemy import text

from chatstream import create_app
from chatstream.config import Settings
from chatstream.extensions import db
from tests.support.world import PASSWORD


def production(variables: dict[str, str], **changes: str) -> Flask:
    """The application with production's settings, on the tests' database."""
    return create_app(
        Settings.from_environment(
            {
                **variables,
                "CHATSTREAM_ENV": "production",
                "BCRYPT_ROUNDS": "12",
                "JWT_SECRET_KEY": secrets.token_urlsafe(48),
                "PASSWORD_PEPPER": variables["PASSWORD_PEPPER"] + secrets.token_urlsafe(8),
                "TOKEN_ENCRYPTION_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
                **changes,
            }
        )
    )


def test_health_and_readiness(app: Flask) -> None:
    client = app.test_client()
    assert (client.get("/healthz").status_code, client.get("/healthz").text) == (200, "ok\n")
    ready = client.get("/readyz")
    assert (ready.status_code, ready.text) == (200, "database: ok\nmigrations: ok\n")


def test_readiness_sees_missing_migrations(app: Flask) -> None:
    with app.app_context():
        head = db.session.scalar(text("SELECT version_num FROM alembic_version"))
        for change in ("UPDATE alembic_version SET version_num = '0001'", "DELETE FROM alembic_version"):
            db.session.execute(text(change))
            db.session.commit()
            answer = app.test_client().get("/readyz")
            assert answer.status_code == 503
            assert answer.text == "database: ok\nmigrations: not at head: run flask db upgrade\n"
        db.session.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": head})
        db.session.commit()


def test_a_newer_release_may_migrate_before_this_one_goes(app: Flask) -> None:
    with app.app_context():
        head = db.session.scalar(text("SELECT version_num FROM alembic_version"))
        db.session.execute(text("UPDATE alembic_version SET version_num = 'to come'"))
        db.session.commit()
        answer = app.test_client().get("/readyz")
        db.session.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": head})
        db.session.commit()
    assert (answer.status_code, answer.text) == (200, "database: ok\nmigrations: ahead of this release\n")


def test_readiness_sees_what_does_not_answer(variables: dict[str, str]) -> None:
    app = create_app(
        Settings.from_environment(
            {**variables, "DATABASE_URL": "postgresql://127.0.0.1:9/x", "REDIS_URL": "redis://127.0.0.1:9/0"}
        )
    )
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.text == "database: does not answer\nmigrations: not known\nredis: does not answer\n"


def test_a_database_that_is_away_is_503(variables: dict[str, str]) -> None:
    app = create_app(Settings.from_environment({**variables, "DATABASE_URL": "postgresql://127.0.0.1:9/x"}))
    body = {"email": "a@example.org", "password": PASSWORD}
    answer = app.test_client().post("/api/auth/login", json=body)
    assert (answer.status_code, answer.get_json()["code"]) == (503, "unavailable")
    assert answer.headers["Retry-After"] == "1"


def test_the_openapi_document_covers_every_api_route(app: Flask) -> None:
    document = app.test_client().get("/api/openapi.json").get_json()
    assert document["openapi"].startswith("3.")
    documented = {
        (path, method.upper())
        for path, operations in document["paths"].items()
        for method in operations
        if method != "parameters"
    }
    routes = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/") and not rule.endpoint.startswith("documentation.")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert documented == routes
    for operations in document["paths"].values():
        for method, operation in operations.items():
            if method != "parameters":
                assert operation["summary"], operation
                assert any(status.startswith("2") for status in operation["responses"]), operation
    secured = {
        (path, method)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method != "parameters" and operation.get("security")
    }
    assert ("/api/chats/", "get") in secured
    assert ("/api/auth/login", "post") not in secured
    assert (
        "text/event-stream" in document["paths"]["/api/chats/{chat_id}/messages"]["post"]["responses"]["200"]["content"]
    )


def test_the_documentation_page_is_served_from_here_alone(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/api/docs")
    assert page.status_code == 200
    assert page.mimetype == "text/html"
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert "//" not in re.sub(r"<!doctype.*?>", "", page.text)
    for address in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        with client.get(address) as answer:
            assert answer.status_code == 200
    assert client.get("/docs-assets/index.html").status_code == 404


def test_trusted_proxies_tell_the_address(app: Flask, variables: dict[str, str]) -> None:
    behind = production(variables, TRUSTED_PROXIES="1", LOGIN_RATE_LIMIT="1 per minute").test_client()
    body = {"email": "nobody@example.org", "password": PASSWORD}
    statuses = [
        behind.post("/api/auth/login", json=body, headers={"X-Forwarded-For": f"{forged}, {client}"}).status_code
        for forged, client in (("9.9.9.9", "198.51.100.1"), ("8.8.8.8", "198.51.100.1"), ("9.9.9.9", "198.51.100.2"))
    ]
    assert statuses == [401, 429, 401]
