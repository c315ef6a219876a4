"""Passwords: what is accepted, and how it is kept.

Stored as ``bcrypt(base64(HMAC-SHA384(password, pepper)))``, the pre-hash that OWASP's Password Storage Cheat Sheet
advises against bcrypt's limit of 72 bytes. One hash takes some 200 ms of CPU, so it runs in threads.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

import bcrypt
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from chatstream.errors import InvalidFields
from chatstream.services.offload import Offload

MIN_LENGTH, MAX_LENGTH = 8, 128
QUEUE = 64
"""Hashes that may wait or run at once in a worker: at 0.2 s each on one core, some 13 s of work."""

_COMMON = frozenset(word for word in FREQUENCY_LISTS["passwords"] if len(word) >= MIN_LENGTH)


def check_password_rules(password: str, *, email: str, field: str = "password") -> None:
    """Raise InvalidFields, for ``field``, unless ``password`` may be used for the account of ``email``.

    8 to 128 characters of any kind, not the email address (whole, or what stands before its @), not a common one.
    """
    reasons = []
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        reasons.append(f"Must be {MIN_LENGTH} to {MAX_LENGTH} characters long.")
    lowered = password.casefold()
    if lowered in (email.casefold(), email.casefold().partition("@")[0]):
        reasons.append("Must not be the email address.")
    if lowered in _COMMON:
        reasons.append("Is one of the most common passwords; choose another.")
    if reasons:
        raise InvalidFields({field: reasons})


class PasswordHasher:
    """Hashes and verifies, at most ``QUEUE`` at once. ``rounds`` is bcrypt's cost (log2)."""

    def __init__(self, *, pepper: str, rounds: int = 12) -> None:
        self._pepper = pepper.encode()
        self._rounds = rounds
        self._offload = Offload(
            threads=os.cpu_count() or 1, queue=QUEUE, busy="Too many sign-ins at once; try again in a moment."
        )
        # A salt of ours and a digest that nothing hashes to: verified against when there is no account.
        self._absent = bcrypt.gensalt(rounds).decode() + "." * 31

    def hash(self, password: str) -> str:
        """The text to store, 60 characters. Raises Busy when too many hashes wait."""
        salt = bcrypt.gensalt(self._rounds)
        return self._offload.run(lambda: bcrypt.hashpw(self._prehash(password), salt)).decode()

    def verify(self, password: str, stored: str) -> bool:
        """Whether ``password`` is the one that ``stored`` was made from. Raises Busy."""
        return self._offload.run(lambda: bcrypt.checkpw(self._prehash(password), stored.encode()))

    def verify_absent(self, password: str) -> None:
        """Spend the time of a verification where there is no account to verify. Raises Busy."""
        self.verify(password, self._absent)

    def _prehash(self, password: str) -> bytes:
        digest = hmac.new(self._pepper, password.encode("utf-8", "surrogatepass"), hashlib.sha384).digest()
        return base64.b64encode(digest)
