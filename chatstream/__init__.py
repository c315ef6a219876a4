"""ChatStream: a chat backend for n8n workflows.

``create_app`` imports late: gunicorn's configuration imports ``chatstream.config`` before gevent has patched the
process, and nothing that opens sockets may have been imported by then.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed.wsgi import WSGIApplication
    from flask import Flask
    from sqlalchemy import Engine

    from chatstream.config import Settings
    from chatstream.services.accounts import Accounts
    from chatstream.services.container import Services
    from chatstream.services.doctor import Doctor
    from chatstream.services.generations import GenerationRunner
    from chatstream.services.health import Check, Readiness
    from chatstream.services.maintenance import Kept
    from chatstream.services.n8n import N8nStreamer
    from chatstream.services.outbound import OutboundPolicy
    from chatstream.services.shared_log import SharedLog
    from chatstream.tracing.interface import Tracing

_IN_A_CHECKOUT = Path(__file__).parent.parent / "migrations"
_OF_A_WHEEL = Path(sys.prefix) / "share" / "chatstream" / "migrations"
MIGRATIONS = _IN_A_CHECKOUT if (_IN_A_CHECKOUT / "alembic.ini").is_file() else _OF_A_WHEEL
MAX_BODY_BYTES = 1 << 20


def create_app(settings: Settings | None = None) -> Flask:
    """The application. Settings come from the environment unless given.

    Raises SettingsError, naming each setting that is missing or unsafe.
    """

    from chatstream import gevent_psycopg2, logs
    from chatstream.config import Settings
    from chatstream.extensions import init_extensions
    from chatstream.http import (
        access,
        attempts,
        failures,
        origins,
        policy,
        problems,
        request_ids,
        tokens,
        web_app,
    )
    from chatstream.http.application import Application
    from chatstream.http.own_stack import OwnStack
    from chatstream.services.signing_keys import SigningKeys

    settings = settings or Settings.from_environment()
    gevent_psycopg2.install()
    app = Application("chatstream", static_folder=None)
    app.wsgi_app = OwnStack(app.wsgi_app)  # type: ignore[method-assign]
    app.config.update(_flask_config(settings))
    _init_cli(app)
    app.url_map.strict_slashes = False  # /api/chats and /api/chats/ are the same, without a redirect
    tracing = _tracing(app, settings)
    access.init_access(app)
    logs.init_logs(settings.log_level, settings.log_format, lambda: {**access.context(), **tracing.ids()})
    init_extensions(app)
    app.extensions["chatstream"] = services = _services(app, settings, tracing)
    failures.keep_failures(services.failures)
    problems.init_problems(app)
    tokens.init_tokens(app, SigningKeys([settings.jwt_secret_key, *settings.jwt_previous_keys]))
    request_ids.init_request_ids(app)
    origins.init_origins(app)
    attempts.init_attempts(app, secret=settings.password_pepper)
    web_app.init_web_app(app)
    _register_blueprints(app)
    policy.require_policies(app)
    app.wsgi_app = _through(app.wsgi_app, settings)  # type: ignore[assignment,method-assign]
    return app


def _through(app: WSGIApplication, settings: Settings) -> WSGIApplication:
    """The way of a request to the application: what the proxies say of it, and whether there is room."""
    from werkzeug.middleware.proxy_fix import ProxyFix

    from chatstream.http.admission import Admission
    from chatstream.http.security_headers import SecurityHeaders

    inner = SecurityHeaders(Admission(app, limit=settings.worker_connections))
    hops = settings.trusted_proxies
    return ProxyFix(inner, x_for=hops, x_proto=hops, x_host=hops) if hops else inner


def _init_cli(app: Flask) -> None:
    from chatstream import cli

    def load() -> None:
        from chatstream.cli.commands import add_commands

        add_commands(app, MIGRATIONS)

    cli.init_cli(app, load)


def _tracing(app: Flask, settings: Settings) -> Tracing:
    from chatstream.http import traces
    from chatstream.tracing.interface import OFF

    if settings.traces == "off":
        return OFF
    from chatstream.tracing.otel import OtelTracing  # its packages need not be there

    tracing = OtelTracing(continues=settings.traces == "continue")
    traces.trace_requests(app, tracing)
    return tracing


def _flask_config(settings: Settings) -> dict[str, Any]:
    from chatstream import hit_counts
    from chatstream.extensions import connect_args
    from chatstream.http import tokens
    from chatstream.http.origins import exactly

    return {
        **tokens.CONFIG,
        **tokens.cookie_names(settings.cookie_prefix),
        "JWT_SECRET_KEY": settings.jwt_secret_key,
        "JWT_COOKIE_SECURE": not settings.is_development,
        "JWT_COOKIE_CSRF_PROTECT": settings.csrf_double_submit,
        "JWT_ACCESS_TOKEN_EXPIRES": timedelta(minutes=settings.access_token_minutes),
        "MAX_CONTENT_LENGTH": MAX_BODY_BYTES,
        "IMPORT_MAX_BYTES": settings.import_max_mib << 20,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "DATABASE_DIRECT_URL": settings.direct_url,
        "SEARCH_CONFIG": settings.search_config,
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "pool_size": settings.database_pool_size,
            "max_overflow": 0,
            "pool_timeout": 1,
            "pool_use_lifo": True,
            "hide_parameters": True,  # a failed statement is logged, what it was about to store is not
            "connect_args": connect_args(settings.search_config),
        },
        "ALLOWED_ORIGINS": settings.cors_origins,
        "CORS_ORIGINS": [exactly(origin) for origin in settings.cors_origins],
        "CORS_RESOURCES": r"/api/*",
        "CORS_SUPPORTS_CREDENTIALS": True,
        "CORS_EXPOSE_HEADERS": ["X-Request-ID", "X-Generation-ID", "Retry-After", "Content-Disposition"],
        "CORS_MAX_AGE": 600,
        "RATELIMIT_STORAGE_URI": settings.redis_url or f"{hit_counts.SCHEME}://",
        "RATELIMIT_STORAGE_OPTIONS": _limiter_options(settings),
        "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": settings.redis_url is not None,
        "LOGIN_RATE_LIMIT": settings.login_rate_limit,
        "REGISTER_RATE_LIMIT": settings.register_rate_limit,
        "PASSWORD_RESET_RATE_LIMIT": settings.reset_rate_limit,
        "MESSAGE_RATE_LIMIT": settings.message_rate_limit,
        "AGENT_TEST_RATE_LIMIT": settings.agent_test_rate_limit,
        "API_TITLE": "ChatStream",
        "API_VERSION": "v1",
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": None,
        "DEMO_ALLOWED": settings.is_development,
        "WEB_APP_FOLDER": settings.web_app,
        "METRICS_TOKEN": settings.metrics_token,
        "METRICS_FOLDER": settings.metrics_folder,
    }


def _limiter_options(settings: Settings) -> dict[str, Any]:
    if settings.redis_url is None:
        return {}
    # wrapped, an error can be caught without Redis's client, which is imported where Redis is used
    return {"socket_connect_timeout": 1, "socket_timeout": 1, "wrap_exceptions": True}


def _services(app: Flask, settings: Settings, tracing: Tracing) -> Services:
    from chatstream.extensions import unpooled_engine
    from chatstream.services.agents import Agents
    from chatstream.services.avatars import Avatars
    from chatstream.services.container import Services
    from chatstream.services.failure_queue import FailureQueue
    from chatstream.services.generations.intake import Intake
    from chatstream.services.health import Readiness
    from chatstream.services.invitations import Invitations
    from chatstream.services.maintenance import Maintenance
    from chatstream.services.n8n import N8nStreamer
    from chatstream.services.password_resets import PasswordResets
    from chatstream.services.probes import Probes
    from chatstream.services.process_figures import ProcessFigures
    from chatstream.services.token_cipher import TokenCipher

    policy = _outbound_policy(settings)
    agents = Agents(cipher=TokenCipher(settings.token_encryption_keys), policy=policy)
    shared_log, redis = _shared_log(settings)
    streamer = N8nStreamer(policy=policy, tracing=tracing)
    unpooled = unpooled_engine(settings.direct_url, settings.search_config)
    aside = unpooled.execution_options(isolation_level="AUTOCOMMIT")
    figures = ProcessFigures(_engine(app, tracing))
    runner = _runner(app, settings, streamer, shared_log, aside, tracing)
    readiness = Readiness(migrations=MIGRATIONS, redis=redis, is_stopping=lambda: runner.is_stopping)
    accounts = _accounts(settings)
    return Services(
        accounts=accounts,
        sessions=accounts.sessions,
        invitations=Invitations(accounts=accounts, lifetime_h=settings.invite_lifetime_h),
        password_resets=PasswordResets(accounts.hasher),
        agents=agents,
        intake=Intake(agents=agents, log_name=shared_log.name, max_running=settings.max_streams_per_user),
        avatars=Avatars(agents=agents),
        probes=Probes(agents=agents, streamer=streamer),
        shared_log=shared_log,
        runner=runner,
        readiness=readiness,
        doctor=_doctor(settings, readiness, tracing),
        failures=FailureQueue(aside),
        figures=figures,
        tracing=tracing,
        maintenance=Maintenance(_kept(settings)),
    )


def _shared_log(settings: Settings) -> tuple[SharedLog, Callable[[], Check] | None]:
    """The log, and the look at Redis where it is used."""
    if settings.redis_url is None:
        from chatstream.services.shared_log import PostgresLog

        return PostgresLog(), None
    from chatstream.services.redis_health import RedisHealth
    from chatstream.services.shared_log.redis_streams import RedisLog

    return RedisLog(settings.redis_url), RedisHealth(settings.redis_url).check


def _engine(app: Flask, tracing: Tracing) -> Engine:
    """The engine of the requests, checked and looked at."""
    from chatstream import pooled_connections
    from chatstream.extensions import db
    from chatstream.services import query_spans, query_times

    with app.app_context():
        query_times.observe(db.engine)
        if tracing.is_on:
            query_spans.trace_statements(db.engine, tracing)
        pooled_connections.check(db.engine)
        return db.engine


def _kept(settings: Settings) -> Kept:
    from chatstream.services.maintenance import Kept

    return Kept(
        sessions=settings.session_days,
        invites=settings.invite_days,
        failures=settings.error_log_days,
        generations=settings.generation_days,
        audit=settings.audit_days,
    )


def _outbound_policy(settings: Settings) -> OutboundPolicy:
    from chatstream.config import SettingsError
    from chatstream.services.outbound import OutboundPolicy

    try:
        return OutboundPolicy(allowed_hosts=settings.webhook_allowed_hosts, allow_loopback=settings.is_development)
    except ValueError as error:
        raise SettingsError(f"WEBHOOK_ALLOWED_HOSTS: {error}") from None


def _runner(
    app: Flask, settings: Settings, streamer: N8nStreamer, shared_log: SharedLog, aside: Engine, tracing: Tracing
) -> GenerationRunner:
    from chatstream.services import principal_cache
    from chatstream.services.generations import GenerationRunner
    from chatstream.services.generations.observing import Observer
    from chatstream.services.signals import Listener

    listener = Listener(aside)
    listener.subscribe(principal_cache.cache.heard)
    return GenerationRunner(
        streamer=streamer,
        log=shared_log,
        app_context=app.app_context,
        listener=listener,
        observer=Observer(by_agent=settings.metrics_by_agent, tracing=tracing),
    )


def _doctor(settings: Settings, readiness: Readiness, tracing: Tracing) -> Doctor:
    from chatstream.services.doctor import Doctor

    return Doctor(
        readiness=readiness,
        tracing=tracing,
        is_development=settings.is_development,
        workers=settings.workers,
        worker_connections=settings.worker_connections,
        pool_size=settings.database_pool_size,
        allowed_hosts=settings.webhook_allowed_hosts,
        metrics_are_guarded=settings.metrics_token is not None,
        trusted_proxies=settings.trusted_proxies,
    )


def _accounts(settings: Settings) -> Accounts:
    from chatstream.services.accounts import Accounts
    from chatstream.services.auth_sessions import Sessions
    from chatstream.services.login_throttle import LoginThrottle
    from chatstream.services.passwords import PasswordHasher

    return Accounts(
        hasher=PasswordHasher(pepper=settings.password_pepper, rounds=settings.bcrypt_rounds),
        sessions=Sessions(
            idle=timedelta(days=settings.refresh_token_days), longest=timedelta(days=settings.session_max_days)
        ),
        throttle=LoginThrottle(settings.login_rate_limit),
    )


def _register_blueprints(app: Flask) -> None:
    from chatstream.blueprints import (
        activity,
        agents,
        audit,
        auth,
        chats,
        documentation,
        error_logs,
        feedback,
        invites,
        messages,
        operations,
        password_resets,
        search,
        sessions,
        team,
        transfers,
        users,
        versions,
        web_app,
    )
    from chatstream.http import openapi
    from chatstream.http.api import Api

    api = Api(app)
    accounts = (auth.bp, sessions.bp, users.bp, invites.bp, password_resets.bp, team.bp, audit.bp)
    conversations = (chats.bp, messages.bp, search.bp, feedback.bp, transfers.bp, versions.bp)
    for blueprint in (*accounts, activity.bp, error_logs.bp, agents.bp, *conversations):
        api.register_blueprint(blueprint)
    app.register_blueprint(operations.bp)
    app.register_blueprint(documentation.bp)
    if app.config["WEB_APP_FOLDER"] is not None:
        app.register_blueprint(web_app.bp)
    app.extensions["openapi"] = openapi.Contract(api, app)
