"""How often a sign-in may fail for one address, wherever the guesses come from.

The wait grows with the failures and stays a matter of minutes. It counts for addresses without an account just the
same. A client that this address has signed in from before (its network, or a session's token that it still holds) is
counted by itself: strangers can use up the attempts of strangers, and never lock the owner out of where it has been.
The pattern is OWASP's, "Slow Down Online Guessing Attacks with Device Cookies", with sessions in the place of cookies.
"""

from __future__ import annotations

import hashlib
import logging
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from operator import methodcaller
from typing import Any

from limits import RateLimitItem, parse_many
from limits.errors import StorageError
from limits.strategies import MovingWindowRateLimiter, RateLimiter
from sqlalchemy import cast, or_, select
from sqlalchemy.dialects.postgresql import INET

from chatstream.errors import InvalidCredentials, TooManyAttempts
from chatstream.extensions import db, limiter
from chatstream.hit_counts import HitCounts
from chatstream.models import AuthSession, User
from chatstream.services.clients import Client, network_of

log = logging.getLogger(__name__)

GROWTH = ((2, 1), (4, 5), (8, 15))
"""``(n, p)``: n times the attempts of one client, in p times its period. Of "5 per minute": 10 in a minute, 20 in five,
40 in a quarter of an hour."""

Bucket = tuple[str, ...]


def growing(rate: str) -> list[RateLimitItem]:
    """The failures that one address may have, from the attempts that one client may make."""
    return [
        type(item)(item.amount * more, item.multiples * longer, namespace="login-failures")
        for item in parse_many(rate)
        for more, longer in GROWTH
    ]


class LoginThrottle:
    """Counts failures in the rate limiter's storage; while that is away, in this process. ``rate``: see growing."""

    def __init__(self, rate: str) -> None:
        self._limits = growing(rate)
        self._in_flight: Counter[Bucket] = Counter()
        self._here = MovingWindowRateLimiter(HitCounts())

    @contextmanager
    def attempt(self, address: str, client: Client) -> Iterator[None]:
        """Let one attempt through, and count it if it raises InvalidCredentials.

        Attempts under way count as failures, so that many at once are no way round. Raises TooManyAttempts.
        """
        bucket = self._enter_one(address, client)
        try:
            yield
        except InvalidCredentials:
            for limit in self._limits:
                self._ask(methodcaller("hit", limit, *bucket))
            raise
        finally:
            self._leave(bucket)

    def _enter_one(self, address: str, client: Client) -> Bucket:
        bucket: Bucket = (hashlib.sha256(address.encode()).hexdigest(),)
        wait = self._enter(bucket)
        if wait and (known_as := _known_as(address, client)):
            bucket = (*bucket, known_as)
            wait = self._enter(bucket)
        if wait:
            raise TooManyAttempts(retry_after=wait)
        return bucket

    def _enter(self, bucket: Bucket) -> int:
        """Take a place among the attempts under way, or return the seconds until there is one.

        The place is taken before the counters are asked: others ask while Redis has not answered.
        """
        self._in_flight[bucket] += 1
        try:
            wait = self._wait(bucket, self._in_flight[bucket])
        except BaseException:
            self._leave(bucket)
            raise
        if wait:
            self._leave(bucket)
        return wait

    def _leave(self, bucket: Bucket) -> None:
        self._in_flight[bucket] -= 1
        if not self._in_flight[bucket]:
            del self._in_flight[bucket]

    def _wait(self, bucket: Bucket, cost: int) -> int:
        full = [limit for limit in self._limits if not self._ask(methodcaller("test", limit, *bucket, cost=cost))]
        resets = [self._ask(methodcaller("get_window_stats", limit, *bucket)) for limit in full]
        return max((max(1, math.ceil(reset.reset_time - time.time())) for reset in resets), default=0)

    def _ask(self, question: Callable[[RateLimiter], Any]) -> Any:
        try:
            return question(limiter.limiter)
        except StorageError:
            log.warning("failed sign-ins are counted in this process: Redis does not answer")
            return question(self._here)


def _known_as(address: str, client: Client) -> str | None:
    """A name for what connects the client with an account of this address; None for a stranger."""
    network = network_of(client.ip)
    row = db.session.execute(
        select(AuthSession.id == client.session_id)
        .join(User, User.id == AuthSession.user_id)
        .where(User.email == address)
        .where(or_(AuthSession.id == client.session_id, AuthSession.ip.op("<<=")(cast(network, INET))))
        .order_by((AuthSession.id == client.session_id).desc())
        .limit(1)
    ).one_or_none()
    db.session.rollback()
    if row is None:
        return None
    return str(client.session_id) if row[0] else network
