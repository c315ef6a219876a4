"""The shared log in Redis or Valkey: a stream for each generation, and a pub/sub channel that tells of growth.

Entries get their ids from us, ``<first>-<count>``. XADD takes only ids over the stream's last one
(https://redis.io/docs/latest/commands/xadd/), and a repeated batch has the same first number and more events: its id is
greater, and readers let the last entry of a number replace the earlier ones. The closing batch has the greatest id of
all, so that nothing comes behind it. An id that XADD refuses is a batch that is there already, or one of an owner that
was taken for dead: its log has been closed.

Only the first batch may begin a stream: the server may have come back without its data, and nobody could follow a log
without its beginning. Any other is then refused, and the writer begins anew.

The ids also let a follower read what is new to it in O(log n), which auto-generated ones would not.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import gevent
import redis
from redis.backoff import NoBackoff
from redis.client import PubSub
from redis.retry import Retry

from chatstream.services.shared_log.interface import KEPT_S, Batch, SharedLog, SharedLogUnavailable, until_closed

log = logging.getLogger(__name__)

CHANNEL: Final = "chatstream:events"
"""Words on it: the ids of the generations that have grown, with commas."""
TIMEOUT_S: Final = 1.0
CONNECTIONS: Final = 16
"""For each worker. A call that finds none free waits for one, so that a thousand followers need no thousand."""
RUNNING_S: Final = 24 * 3600
"""How long the log of an answer without an end is kept; longer than any answer may take."""
SILENCE_S: Final = 4.0
"""After so much silence the listener asks whether the server is still there."""
RETRY_S: Final = 1.0

_CLOSING_ID: Final = "9999999999999-0"
_REFUSED: Final = "equal or smaller than the target stream top item"


@contextmanager
def _translated() -> Iterator[None]:
    """A server that does not answer, or not as it should, as the interface names it."""
    try:
        yield
    except (redis.RedisError, OSError) as error:
        raise SharedLogUnavailable from error


class RedisLog(SharedLog):
    """Implements SharedLog. A server that hangs costs a call TIMEOUT_S: nothing is tried twice here."""

    name = "redis"

    def __init__(self, url: str) -> None:
        pool: redis.BlockingConnectionPool = redis.BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS,
            timeout=TIMEOUT_S,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),  # redis-py's own takes a minute; whoever calls tries again by itself
            decode_responses=True,
        )
        self._client = redis.Redis(connection_pool=pool)

    @_translated()
    def write(self, batches: Sequence[Batch]) -> None:
        """One round trip, whatever the number of generations. Logs of deleted chats expire like all others."""
        if not batches:
            return
        with self._client.pipeline(transaction=False) as pipeline:
            for batch in batches:
                key = _key(batch.generation_id)
                fields: dict[Any, Any] = {"first": batch.first, "payloads": "\n".join(batch.payloads)}
                entry_id = _CLOSING_ID if batch.is_last else f"{batch.first}-{len(batch.payloads)}"
                pipeline.xadd(key, fields, id=entry_id, nomkstream=batch.first > 1)
                pipeline.expire(key, KEPT_S if batch.is_last else RUNNING_S)
            pipeline.publish(CHANNEL, ",".join(batch.generation_id for batch in batches))
            for answer in pipeline.execute(raise_on_error=False):
                if answer is None:
                    raise SharedLogUnavailable("Redis has lost what it had taken.")
                if isinstance(answer, Exception) and _REFUSED not in str(answer):
                    raise answer

    @_translated()
    def reach(self, generation_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
        """One round trip: the last entry of each."""
        with self._client.pipeline(transaction=False) as pipeline:
            for key in generation_ids:
                pipeline.xrevrange(_key(key), count=1)
            answers = pipeline.execute()
        return {
            key: max((batch.end for batch in _batches(key, entries)), default=0)
            for key, entries in zip(generation_ids, answers, strict=True)
        }

    @_translated()
    def read_many(self, places: Mapping[uuid.UUID, int]) -> dict[uuid.UUID, list[Batch]]:
        """One round trip: of each generation the batch that its next event is in, and all that follow it."""
        with self._client.pipeline(transaction=True) as pipeline:  # nothing may be written between the two of a log
            for key, after in places.items():
                pipeline.xrevrange(_key(key), max=str(after + 1), count=1)
                pipeline.xrange(_key(key), min=str(after + 2))
            answers = iter(pipeline.execute())
        return {
            key: until_closed(_batches(key, [*next(answers), *next(answers)]), after=after)
            for key, after in places.items()
        }

    def sweep(self) -> int:
        """Nothing to do: streams expire."""
        return 0

    def listen(self, wake: Callable[[uuid.UUID | None], None]) -> None:
        """Listen for ever; subscribe again when the connection breaks or the server falls silent."""
        while True:
            try:
                with self._client.pubsub() as subscription:  # type: ignore[no-untyped-call]
                    self._hear(subscription, wake)
            except (redis.RedisError, OSError):
                log.warning("the connection that listens to the shared log broke; trying again")
            gevent.sleep(RETRY_S)

    def _hear(self, subscription: PubSub, wake: Callable[[uuid.UUID | None], None]) -> None:
        subscription.subscribe(CHANNEL)  # type: ignore[no-untyped-call]
        is_asked = False
        while True:
            message = subscription.get_message(timeout=SILENCE_S)
            if message is None:
                if is_asked:
                    raise redis.TimeoutError("no answer to a PING")
                subscription.ping(CHANNEL)  # the answer to a PING without a word is kept from us
                is_asked = True
                continue
            is_asked = False
            if message["type"] == "subscribe":
                wake(None)  # what was said before is not repeated
            elif message["type"] == "message":
                for key in _ids_in(message["data"]):
                    wake(key)


def _key(generation_id: uuid.UUID | str) -> str:
    return f"chatstream:events:{generation_id}"


def _batches(key: uuid.UUID, entries: list[tuple[str, dict[str, str]]]) -> list[Batch]:
    """The batches in entries of a stream: the last entry of a number counts."""
    found: dict[int, Batch] = {}
    for entry_id, fields in entries:
        first = int(fields["first"])
        payloads = tuple(fields["payloads"].split("\n")) if fields["payloads"] else ()
        found[first] = Batch(generation_id=str(key), first=first, payloads=payloads, is_last=entry_id == _CLOSING_ID)
    return list(found.values())


def _ids_in(word: str) -> list[uuid.UUID | None]:
    """The generations that a word names. Anybody at the server may say anything: then any log may have grown."""
    try:
        return [uuid.UUID(key) for key in word.split(",")]
    except ValueError:
        return [None]
