"""Passwords: what is accepted, and how it is kept.

Stored as ``bcrypt(base64(HMAC-SHA384(password, pepper)))``, the pre-hash that OWASP's Password Storage Cheat Sheet
advises against bcrypt's limit of 72 bytes. One hash takes some 200 ms of CPU, so it runs in threads.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Collection
from functools import partial
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path

import bcrypt

from chatstream.errors import InvalidFields
from chatstream.services.offload import Offload, usable_cores

MIN_LENGTH, MAX_LENGTH = 8, 128
QUEUE = 64
"""Hashes that may wait or run at once in a worker: at 0.2 s each on one core, some 13 s of work."""

NICE = 10
"""Of the threads. On a core that both want, the worker's loop has nine tenths and a thread the rest, so that streams go
on and a hash ends within seconds. With 19 it would have a seventieth, and the loop would wait as long for its GIL."""

SALT_CHARS = 29
"""How bcrypt's text begins: version, cost and salt."""


def _common() -> frozenset[str]:
    """zxcvbn's list of common passwords.

    Its module is read by itself, and let go: the package would keep lists of names and words too, 13 MB in a worker.
    """
    package = find_spec("zxcvbn")
    assert package is not None
    assert package.origin is not None
    spec = spec_from_file_location("frequency_lists", Path(package.origin).with_name("frequency_lists.py"))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return frozenset(word for word in module.FREQUENCY_LISTS["passwords"] if len(word) >= MIN_LENGTH)


_COMMON = _common()


def check_password_rules(password: str, *, email: str, field: str = "password") -> None:
    """Raise InvalidFields, for ``field``, unless ``password`` may be used for the account of ``email``.

    8 to 128 characters of any kind, not the email address (whole, or what stands before its @), not a common
    one.
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
            "passwords",
            threads=usable_cores(),
            queue=QUEUE,
            nice=NICE,
            busy="Too many sign-ins at once; try again in a moment.",
        )
        self._absent_salt = bcrypt.gensalt(rounds).decode()

    def hash(self, password: str, *, like: str | None = None) -> str:
        """The text to store, 60 characters; with the salt of the hash ``like`` where that is as costly as a new one.

        Accounts of one address share a salt in this way, so that one hash tells which of them a password fits.
        Raises Busy when too many hashes wait.
        """
        salt = like[:SALT_CHARS] if like and _cost(like) == self._rounds else bcrypt.gensalt(self._rounds).decode()
        return self._hash(password, salt)

    def fitting(self, password: str, stored: Collection[str]) -> set[str]:
        """Those of the ``stored`` hashes that ``password`` fits.

        Takes the time of one hash for each salt among them, and of one where there is none. Raises Busy.
        """
        salts = {text[:SALT_CHARS] for text in stored} or {self._absent_salt}
        made = {salt: self._hash(password, salt) for salt in salts}
        return {text for text in stored if hmac.compare_digest(made[text[:SALT_CHARS]], text)}

    def _hash(self, password: str, salt: str) -> str:
        prehash = self._prehash(password)  # here: the thread is not to hold the GIL for long
        return self._offload.run(partial(bcrypt.hashpw, prehash, salt.encode())).decode()

    def _prehash(self, password: str) -> bytes:
        digest = hmac.new(self._pepper, password.encode("utf-8", "surrogatepass"), hashlib.sha384).digest()
        return base64.b64encode(digest)


def _cost(stored: str) -> int:
    return int(stored[4:6])
