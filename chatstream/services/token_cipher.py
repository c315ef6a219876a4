"""Secrets at rest: AES-256-GCM (NIST SP 800-38D), bound to the row they belong to.

Stored form: ``v1.<key id>.<nonce and ciphertext, URL-safe base64>``. The row's identity is the associated data, so
that a ciphertext copied into another row does not decrypt there. The ring's first key encrypts, any of them decrypts.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


class CipherError(Exception):
    """A stored secret can not be decrypted: its key is not in the ring, or it is not this row's."""


class TokenCipher:
    """Encrypts and decrypts the tokens of agents. ``keys``: 32 bytes each, newest first, at least one."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._ring = {self._key_id(key): AESGCM(key) for key in keys}
        self.key_ids = tuple(self._ring)
        """Newest first. An id tells nothing about its key."""

    def encrypt(self, secret: str, *, row: str) -> str:
        """Encrypt for the row named ``row``, such as ``agents/<id>``."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + self._ring[self.key_ids[0]].encrypt(nonce, secret.encode(), row.encode())
        return f"v1.{self.key_ids[0]}.{base64.urlsafe_b64encode(sealed).decode()}"

    def decrypt(self, stored: str, *, row: str) -> str:
        """Raises CipherError when it is not ours, not this row's, or its key is gone."""
        try:
            version, key_id, encoded = stored.split(".")
            sealed = base64.urlsafe_b64decode(encoded)
            if version != "v1":
                raise CipherError(f"unknown form {version}")
            plain = self._ring[key_id].decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], row.encode())
        except KeyError:
            raise CipherError("its key is not in TOKEN_ENCRYPTION_KEYS") from None
        except (ValueError, binascii.Error, InvalidTag):
            raise CipherError("it was not encrypted for this row") from None
        return plain.decode()

    @staticmethod
    def _key_id(key: bytes) -> str:
        return hashlib.sha256(b"chatstream token key" + key).hexdigest()[:8]
