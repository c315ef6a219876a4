"""The keys that sign session tokens: the present one, and older ones that are still accepted.

A key's id stands in the ``kid`` header of each token that it signs. It is derived from the key, so that nodes need no
list of names; it is one of our own ids or the token is refused, whatever else a header proposes.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

from chatstream.errors import InvalidToken


def key_id(key: str) -> str:
    """The public name of a key, 16 characters; it tells nothing of the key."""
    return hmac.new(key.encode(), b"chatstream token key", hashlib.sha256).hexdigest()[:16]


class SigningKeys:
    """Signs with the first key; verifies with any."""

    def __init__(self, keys: Sequence[str]) -> None:
        self.signing_key = keys[0]
        self.signing_id = key_id(keys[0])
        self._by_id = {key_id(key): key for key in keys}

    def verifying_key(self, kid: object) -> str:
        """The key with an id; the present one for a token that names none. Raises InvalidToken for an unknown id."""
        if kid is None:
            return self.signing_key
        key = self._by_id.get(kid) if isinstance(kid, str) else None
        if key is None:
            raise InvalidToken
        return key
