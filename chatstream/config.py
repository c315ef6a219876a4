"""Settings: the one reader of the environment.

Light on purpose: ``gunicorn.conf.py`` imports it in the arbiter, before gevent has patched anything, so nothing
in here may import a library that opens sockets or starts threads.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Literal, TypeVar, cast
from urllib.parse import urlsplit

Environment = Literal["production", "development"]
LogFormat = Literal["json", "text"]
CookiePrefix = Literal["none", "host"]
Traces = Literal["off", "on", "continue"]

MIN_SECRET_BYTES: Final = 32
"""HS256 and HMAC-SHA384 want keys of at least their digest's strength (RFC 7518, section 3.2)."""

BUNDLED_WEB_APP: Final = Path(__file__).parent / "static" / "app"
"""Where `make web` puts the web client."""

_PLACEHOLDER = re.compile(r"change[-_ ]?me|example|insecure|placeholder|your[-_ ]|^(.)\1*$|secret-?key", re.I)
_EXPORTER: Final = "opentelemetry.exporter.otlp.proto.http"
_RATE = re.compile(r"^\s*\d+\s*(per|/)\s*(\d+\s*)?(second|minute|hour|day)s?\s*$", re.I)

T = TypeVar("T")


class SettingsError(Exception):
    """The environment can not be used. Its text has a line for each setting at fault, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the environment says, checked. Secrets do not show in its repr."""

    environment: Environment = "production"
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    graceful_timeout_s: int = 60
    worker_connections: int = 2000
    trusted_proxies: int = 0
    log_level: str = "info"
    log_format: LogFormat = "json"
    metrics_token: str | None = field(default=None, repr=False)
    metrics_by_agent: bool = False
    metrics_folder: Path | None = None
    traces: Traces = "off"
    web_app: Path | None = BUNDLED_WEB_APP

    database_url: str = field(repr=False)
    database_direct_url: str | None = field(default=None, repr=False)
    database_pool_size: int = 10
    redis_url: str | None = field(default=None, repr=False)

    jwt_secret_key: str = field(repr=False)
    jwt_previous_keys: tuple[str, ...] = field(default=(), repr=False)
    password_pepper: str = field(repr=False)
    token_encryption_keys: tuple[bytes, ...] = field(repr=False)
    bcrypt_rounds: int = 12

    access_token_minutes: int = 60
    refresh_token_days: int = 7
    session_max_days: int = 90
    cookie_prefix: CookiePrefix = "none"
    csrf_double_submit: bool = False

    cors_origins: tuple[str, ...] = ()
    webhook_allowed_hosts: tuple[str, ...] = ()
    login_rate_limit: str = "5 per minute"
    register_rate_limit: str = "20 per hour"
    reset_rate_limit: str = "5 per minute"
    invite_lifetime_h: int = 72
    message_rate_limit: str = "60 per minute"
    agent_test_rate_limit: str = "10 per minute"
    max_streams_per_user: int = 5
    search_config: str = "simple"
    import_max_mib: int = 16

    error_log_days: int = 30
    session_days: int = 7
    invite_days: int = 90
    generation_days: int = 90
    audit_days: int = 0

    @property
    def direct_url(self) -> str:
        """The database past any pooler, for what belongs to a session: LISTEN, SET, locks beyond a transaction."""
        return self.database_direct_url or self.database_url

    @property
    def is_development(self) -> bool:
        """Whether unsafe conveniences (plain-HTTP cookies, loopback webhooks) are allowed."""
        return self.environment == "development"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read and check every setting.

        Raises SettingsError that names each variable that is missing, malformed or unsafe; values of secrets are
        never in its text.
        """
        return _Reader(environ).settings()


class _Reader:
    """Collects every complaint, so that an operator sees all of them at once."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._complaints: list[str] = []
        self._environment = cast(
            Environment, self._choice("CHATSTREAM_ENV", "production", ("production", "development"))
        )
        self._development = self._environment == "development"

    def settings(self) -> Settings:
        settings = self._read()
        if self._complaints:
            raise SettingsError("\n".join(self._complaints))
        return settings

    def _read(self) -> Settings:
        development = self._development
        return Settings(
            environment=self._environment,
            host=self._text("HOST", "127.0.0.1"),
            port=self._number("PORT", 8000, 1, 65535),
            workers=self._number("WEB_CONCURRENCY", 1 if development else (os.cpu_count() or 1), 1, 256),
            graceful_timeout_s=self._number("GRACEFUL_TIMEOUT", 60, 5, 3600),
            worker_connections=self._number("WORKER_CONNECTIONS", 2000, 10, 100_000),
            trusted_proxies=self._number("TRUSTED_PROXIES", 0, 0, 10),
            log_level=self._choice("LOG_LEVEL", "info", ("debug", "info", "warning", "error")),
            log_format=cast(LogFormat, self._choice("LOG_FORMAT", "text" if development else "json", ("json", "text"))),
            metrics_token=next(iter(self._secrets("METRICS_TOKEN")), None),
            metrics_by_agent=self._choice("METRICS_BY_AGENT", "off", ("off", "on")) == "on",
            metrics_folder=self._metrics_folder(),
            traces=self._traces(),
            web_app=self._web_app("WEB_APP"),
            database_url=self._database_url("DATABASE_URL"),
            database_direct_url=self._direct_url(),
            database_pool_size=self._number("DATABASE_POOL_SIZE", 10, 1, 500),
            redis_url=self._redis_url(),
            jwt_secret_key=self._secret("JWT_SECRET_KEY"),
            jwt_previous_keys=self._secrets("JWT_PREVIOUS_KEYS"),
            password_pepper=self._secret("PASSWORD_PEPPER"),
            token_encryption_keys=self._key_ring("TOKEN_ENCRYPTION_KEYS"),
            bcrypt_rounds=self._number("BCRYPT_ROUNDS", 12, 4 if development else 12, 16),
            access_token_minutes=self._number("ACCESS_TOKEN_MINUTES", 60, 1, 24 * 60),
            refresh_token_days=self._number("REFRESH_TOKEN_DAYS", 7, 1, 90),
            session_max_days=self._number("SESSION_MAX_DAYS", 90, 1, 366),
            cookie_prefix=self._cookie_prefix(),
            csrf_double_submit=self._choice("CSRF_DOUBLE_SUBMIT", "off", ("off", "on")) == "on",
            cors_origins=self._origins("CORS_ORIGINS"),
            webhook_allowed_hosts=self._words("WEBHOOK_ALLOWED_HOSTS"),
            login_rate_limit=self._rate("LOGIN_RATE_LIMIT", "5 per minute"),
            register_rate_limit=self._rate("REGISTER_RATE_LIMIT", "20 per hour"),
            reset_rate_limit=self._rate("PASSWORD_RESET_RATE_LIMIT", "5 per minute"),
            invite_lifetime_h=self._number("INVITE_LIFETIME_HOURS", 72, 1, 720),
            message_rate_limit=self._rate("MESSAGE_RATE_LIMIT", "60 per minute"),
            agent_test_rate_limit=self._rate("AGENT_TEST_RATE_LIMIT", "10 per minute"),
            max_streams_per_user=self._number("MAX_STREAMS_PER_USER", 5, 1, 1000),
            search_config=self._search_config("SEARCH_CONFIG"),
            import_max_mib=self._number("IMPORT_MAX_MIB", 16, 1, 256),
            error_log_days=self._days("ERROR_LOG_RETENTION_DAYS", 30, 1),
            session_days=self._days("SESSION_RETENTION_DAYS", 7, 1),
            invite_days=self._days("INVITE_RETENTION_DAYS", 90, 1),
            generation_days=self._days("GENERATION_RETENTION_DAYS", 90, 2),
            audit_days=self._days("AUDIT_RETENTION_DAYS", 0, 30),
        )

    def _complain(self, name: str, why: str, instead: T) -> T:
        self._complaints.append(f"{name}: {why}")
        return instead

    def _text(self, name: str, default: str = "") -> str:
        return self._environ.get(name, "").strip() or default

    def _words(self, name: str) -> tuple[str, ...]:
        return tuple(word for word in re.split(r"[\s,]+", self._text(name)) if word)

    def _choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        value = self._text(name, default).lower()
        if value not in allowed:
            return self._complain(name, f"must be one of {', '.join(allowed)}", default)
        return value

    def _number(self, name: str, default: int, least: int, most: int) -> int:
        text = self._text(name)
        if not text:
            return default
        if not re.fullmatch(r"\d{1,9}", text) or not least <= int(text) <= most:
            return self._complain(name, f"must be a whole number from {least} to {most}", default)
        return int(text)

    def _days(self, name: str, default: int, least: int) -> int:
        """How long something is kept: for ever with 0, and never for less than ``least`` days."""
        days = self._number(name, default, 0, 36_500)
        if 0 < days < least:
            return self._complain(name, f"must be 0 (kept for ever) or at least {least}", default)
        return days

    def _rate(self, name: str, default: str) -> str:
        value = self._text(name, default)
        if not all(_RATE.match(rate) for rate in re.split("[;,]", value)):
            return self._complain(name, 'must be a rate such as "5 per minute"', default)
        return value

    def _search_config(self, name: str) -> str:
        value = self._text(name, "simple")
        if not re.fullmatch(r"([a-z_][a-z0-9_]*\.)?[a-z_][a-z0-9_]*", value):
            return self._complain(name, "must be the name of a text search configuration, such as german", "simple")
        return value

    def _secret(self, name: str) -> str:
        value = self._text(name)
        if not value:
            return self._complain(name, "is not set", "")
        return self._strong(name, value, len(value.encode()), value)

    def _secrets(self, name: str) -> tuple[str, ...]:
        return tuple(self._strong(name, word, len(word.encode()), word) for word in self._words(name))

    def _metrics_folder(self) -> Path | None:
        """Not a setting: gunicorn.conf.py makes the folder, and names it so for prometheus-client."""
        folder = self._environ.get("PROMETHEUS_MULTIPROC_DIR")
        return Path(folder) if folder else None

    def _traces(self) -> Traces:
        traces = cast(Traces, self._choice("TRACES", "off", ("off", "on", "continue")))
        if traces == "off":
            return traces
        if not _is_installed(_EXPORTER):
            return self._complain("TRACES", "needs packages: pip install -r requirements-otel.txt", "off")
        for name in ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"):
            if self._environ.get(name) not in (None, "", "http/protobuf"):
                return self._complain(name, "must be http/protobuf: traces are sent in no other way", "off")
        return traces

    def _web_app(self, name: str) -> Path | None:
        text = self._text(name, "on")
        if text.lower() in ("on", "off"):
            return BUNDLED_WEB_APP if text.lower() == "on" else None
        folder = Path(text)
        if not folder.is_absolute() or not (folder / "index.html").is_file():
            return self._complain(
                name, "must be on, off or a folder, with its whole path and an index.html in it", None
            )
        return folder

    def _cookie_prefix(self) -> CookiePrefix:
        prefix = cast(CookiePrefix, self._choice("COOKIE_PREFIX", "none", ("none", "host")))
        if prefix == "host" and self._development:
            return self._complain("COOKIE_PREFIX", "needs Secure cookies, which development does not set", "none")
        return prefix

    def _strong(self, name: str, value: T, size: int, text: str) -> T:
        if size < MIN_SECRET_BYTES:
            return self._complain(name, f"is too short: at least {MIN_SECRET_BYTES} bytes", value)
        if not self._development and (_PLACEHOLDER.search(text) or len(set(text)) < 10):
            return self._complain(name, "is a default or a guessable value: make a random one", value)
        return value

    def _key_ring(self, name: str) -> tuple[bytes, ...]:
        keys = [self._key(name, word) for word in self._words(name)]
        if not keys:
            return self._complain(name, "is not set", ())
        return tuple(keys)

    def _key(self, name: str, word: str) -> bytes:
        try:
            key = base64.urlsafe_b64decode(word + "=" * (-len(word) % 4))
        except (binascii.Error, ValueError):
            return self._complain(name, "must be URL-safe base64 of 32 random bytes", b"")
        if len(key) != 32:
            return self._complain(name, f"must be base64 of 32 bytes, one key has {len(key)}", b"")
        if not self._development and len(set(key)) < 10:
            return self._complain(name, "is a default or a guessable value: make a random one", b"")
        return key

    def _direct_url(self) -> str | None:
        return self._database_url("DATABASE_DIRECT_URL") if self._text("DATABASE_DIRECT_URL") else None

    def _database_url(self, name: str) -> str:
        url = self._text(name)
        if not url:
            return self._complain(name, "is not set", "")
        scheme, separator, rest = url.partition("://")
        if not separator or scheme not in ("postgresql", "postgres", "postgresql+psycopg2"):
            return self._complain(name, "must begin with postgresql://", "")
        # SQLAlchemy 2.1 takes bare postgresql:// for psycopg 3, which is not installed.
        return f"postgresql+psycopg2://{rest}"

    def _redis_url(self) -> str | None:
        url = self._text("REDIS_URL")
        if url and urlsplit(url).scheme not in ("redis", "rediss", "unix"):
            return self._complain("REDIS_URL", "must begin with redis://, rediss:// or unix://", None)
        return url or None

    def _origins(self, name: str) -> tuple[str, ...]:
        return tuple(self._origin(name, word) for word in self._words(name))

    def _origin(self, name: str, word: str) -> str:
        parts = urlsplit(word)
        if parts.scheme not in ("http", "https") or not parts.netloc or f"{parts.scheme}://{parts.netloc}" != word:
            return self._complain(name, f"{word!r} is not an origin: scheme, host and port only, no wildcard", word)
        if "*" in word:
            return self._complain(name, "wildcards are not allowed: list each origin", word)
        return word.lower()


def _is_installed(module: str) -> bool:
    """Whether a module could be imported; only the packages that it is in are."""
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False
