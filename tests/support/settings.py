"""The environment that the tests run the application in."""

from __future__ import annotations

import base64

WEBHOOK_TOKEN = "test-webhook-token"


def environment(database_url: str, **changes: str) -> dict[str, str]:
    """Variables of a development server on ``database_url``; cheap password hashes, no limits that get in the way."""
    return {
        "CHATSTREAM_ENV": "development",
        "DATABASE_URL": database_url,
        "JWT_SECRET_KEY": "0123456789abcdefghijklmnopqrstuv-jwt",
        "PASSWORD_PEPPER": "0123456789abcdefghijklmnopqrstuv-pepper",
        "TOKEN_ENCRYPTION_KEYS": base64.urlsafe_b64encode(bytes(range(32))).decode(),
        "BCRYPT_ROUNDS": "4",
        "LOGIN_RATE_LIMIT": "100000 per minute",
        "REGISTER_RATE_LIMIT": "100000 per minute",
        "PASSWORD_RESET_RATE_LIMIT": "100000 per minute",
        "MESSAGE_RATE_LIMIT": "100000 per minute",
        "AGENT_TEST_RATE_LIMIT": "100000 per minute",
        "DATABASE_POOL_SIZE": "30",  # tests that ask for 31 answers at once would be told to come again
        "LOG_LEVEL": "warning",
        **changes,
    }
