""".env.example and the settings agree."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from chatstream import create_app
from chatstream.config import Settings, SettingsError
from tests.support.server import command_environment
from tests.support.settings import environment

ROOT = Path(__file__).parent.parent.parent
NAMES = set(re.findall(r'self\._\w+\(\s*"([A-Z_]+)"', (ROOT / "chatstream" / "config.py").read_text())) | {
    "REDIS_URL",
}
SECRETS = ("JWT_SECRET_KEY", "PASSWORD_PEPPER", "TOKEN_ENCRYPTION_KEYS")
STRONG = {
    "DATABASE_URL": "postgresql://localhost/x",
    "JWT_SECRET_KEY": "Zq3vT9wLx2Rk8uYb6NcJd4Hf7Gs5Ap1M",
    "PASSWORD_PEPPER": "mW4nXz8qLt2Kv9Rb6Yd3Hc7Jf5Gs1PaE",
    "TOKEN_ENCRYPTION_KEYS": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
}


def test_the_example_lists_every_setting_and_no_other() -> None:
    listed = re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.M)
    assert len(NAMES) > 15
    assert sorted(listed) == sorted(NAMES)


def test_production_starts_on_strong_secrets() -> None:
    settings = Settings.from_environment(STRONG)
    assert settings.environment == "production"
    assert settings.log_format == "json"
    assert not any(STRONG[name] in repr(settings) for name in SECRETS)


@pytest.mark.parametrize("name", [*SECRETS, "DATABASE_URL"])
def test_a_missing_setting_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name}: is not set$"):
        Settings.from_environment({**STRONG, name: "  "})


def test_a_host_that_is_none_is_named() -> None:
    settings = Settings.from_environment({**STRONG, "WEBHOOK_ALLOWED_HOSTS": "https://n8n.example.org"})
    with pytest.raises(SettingsError, match=r"^WEBHOOK_ALLOWED_HOSTS: 'https://n8n.example.org' is not"):
        create_app(settings)


def test_a_command_without_settings_says_so_plainly() -> None:
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "team", "list"]
    result = subprocess.run(command, cwd=ROOT, env=command_environment({}), capture_output=True, text=True, check=False)
    assert result.returncode != 0
    assert "DATABASE_URL: is not set" in result.stderr
    assert "Traceback" not in result.stderr


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(SettingsError) as failure:
        Settings.from_environment({"PORT": "0", "LOG_LEVEL": "loud", "LOGIN_RATE_LIMIT": "often"})
    named = {line.split(":")[0] for line in str(failure.value).splitlines()}
    assert named == {"PORT", "LOG_LEVEL", "LOGIN_RATE_LIMIT", "DATABASE_URL", *SECRETS}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JWT_SECRET_KEY", "stubby"),
        ("JWT_SECRET_KEY", "a" * 64),
        ("JWT_SECRET_KEY", "change-me-change-me-change-me-change-me"),
        ("PASSWORD_PEPPER", "0" * 31),
        ("TOKEN_ENCRYPTION_KEYS", "not base64!"),
        ("TOKEN_ENCRYPTION_KEYS", "AAAA"),
        ("TOKEN_ENCRYPTION_KEYS", "A" * 43),
        ("BCRYPT_ROUNDS", "4"),
        ("DATABASE_URL", "mysql://localhost/x"),
        ("DATABASE_DIRECT_URL", "mysql://localhost/x"),
        ("REDIS_URL", "http://localhost"),
        ("CORS_ORIGINS", "*"),
        ("CORS_ORIGINS", "https://*.example.org"),
        ("CORS_ORIGINS", "https://example.org/path"),
        ("PORT", "eighty"),
        ("TRUSTED_PROXIES", "-1"),
        ("LOGIN_RATE_LIMIT", "5 per minute; often"),
        ("JWT_PREVIOUS_KEYS", "stubby"),
        ("ACCESS_TOKEN_MINUTES", "many"),
        ("REFRESH_TOKEN_DAYS", "91"),
        ("COOKIE_PREFIX", "both"),
        ("CSRF_DOUBLE_SUBMIT", "yes"),
        ("CHATSTREAM_ENV", "staging"),
        ("WEB_APP", "yes"),
        ("WEB_APP", "chatstream/static/app"),
        ("WEB_APP", "/nowhere"),
    ],
)
def test_production_refuses_what_is_unsafe_or_wrong(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as failure:
        Settings.from_environment({**STRONG, name: value})
    assert str(failure.value).startswith(f"{name}: ")
    assert value not in str(failure.value) or name == "CORS_ORIGINS"


def test_development_is_lenient_but_not_blind() -> None:
    assert Settings.from_environment(environment("postgresql://localhost/x")).workers == 1
    with pytest.raises(SettingsError, match="JWT_SECRET_KEY: is too short"):
        Settings.from_environment({**environment("postgresql://localhost/x"), "JWT_SECRET_KEY": "short"})
