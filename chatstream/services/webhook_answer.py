"""The answer of a workflow while it comes."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress

from gevent.socket import wait_read

from chatstream.errors import UpstreamError, UpstreamInvalid, UpstreamReset
from chatstream.services.bodies import Body, Inflater
from chatstream.services.call_limits import CallLimits
from chatstream.services.decoders import AnswerDecoder
from chatstream.services.events import Replace, Text
from chatstream.services.socket_source import SocketSource
from chatstream.services.upstream_errors import reason_of
from chatstream.services.webhook_call import Trace
from chatstream.services.webhook_spans import WebhookSpan


class WebhookAnswer:
    """An answer from its head to its end. Nothing here waits but `wait`.

    `read` until ``is_over``; where it ``is_dry``, again once ``fileno`` is readable, or when it is ``due`` (as
    time.monotonic tells it): then it has been silent, or has lasted, for too long. A ``failure`` ends it too.
    `close` is safe at any time.
    """

    __slots__ = (
        "_at_end",
        "_body",
        "_clean",
        "_decoder",
        "_inflater",
        "_limits",
        "_source",
        "_span",
        "_trace",
        "due",
        "failure",
        "fileno",
        "is_over",
    )

    def __init__(
        self,
        source: SocketSource,
        body: Body,
        inflater: Inflater | None,
        *,
        decoder: AnswerDecoder,
        limits: CallLimits,
        trace: Trace,
        span: WebhookSpan,
        clean: Callable[[UpstreamError], None],
    ) -> None:
        """``clean``: makes a failure fit to be told."""
        self._source = source
        self._body = body
        self._inflater = inflater
        self._decoder = decoder
        self._limits = limits
        self._trace = trace
        self._span = span
        self._clean = clean
        self._at_end = False
        self.due = limits.due(decoder)
        self.fileno = source.fileno
        self.is_over = False
        self.failure: UpstreamError | None = None

    @property
    def is_dry(self) -> bool:
        """Whether nothing more is there now."""
        return self._source.is_dry and not (self._inflater and self._inflater.has_more)

    def read(self) -> Sequence[Text | Replace]:
        """The pieces of what has come, of at most 64 KiB; none where nothing has, or nothing with a text.

        It stops at the answer's own end: n8n leaves the connection open after it.
        """
        if self.is_over:
            return ()
        now, decoder = time.monotonic(), self._decoder
        try:
            if content := self._content():
                self._limits.heard(now)
                if self._trace.first_byte_s is None:
                    self._note_first(content, now)
                decoder.feed(content)
            if decoder.finished or self._at_end:
                self.is_over = True
                decoder.finish()
            elif self._body.damage is not None:
                raise UpstreamReset(f"The body ended too early: {self._body.damage}")
            else:
                self.due = self._limits.due(decoder)
                if now >= self.due:
                    raise self._limits.verdict(decoder)
        except UpstreamError as failure:
            self._clean(failure)
            self.failure = failure
            self.is_over = True
        return decoder.given()

    def wait(self) -> None:
        """Wait until there is something to read, or it is due."""
        left = self.due - time.monotonic()
        if left > 0:
            with suppress(TimeoutError):
                wait_read(self.fileno, left)

    def close(self, crash: Exception | None = None) -> None:
        """Close the connection at once, whatever is still to come on it. ``crash``: why it is given up."""
        self._trace.form = self._decoder.form_name
        with suppress(OSError):
            self._source.close()
        self._span.end(self._trace, is_whole=self.is_over, failure=crash or self.failure)

    def _content(self) -> bytes:
        """What has come of the body, decompressed; empty where nothing has."""
        if self._inflater is not None and self._inflater.has_more:
            return self._inflated(self._inflater, b"")
        try:
            data = self._source.receive()
        except OSError as error:
            raise UpstreamReset(f"The body ended too early: {reason_of(error)}") from None
        if data is None:
            return b""
        body = self._body
        if not data and body.cut():
            raise UpstreamReset("The body ended too early: The connection was closed.")
        content = body.feed(data)
        self._at_end = body.finished or not data
        return content if self._inflater is None else self._inflated(self._inflater, content)

    def _inflated(self, inflater: Inflater, data: bytes) -> bytes:
        try:
            content = inflater.feed(data)
        except zlib.error:
            raise UpstreamInvalid("The compressed body can not be decompressed.") from None
        self._at_end = (self._body.finished or self._at_end) and not inflater.has_more
        return content

    def _note_first(self, content: bytes, now: float) -> None:
        self._trace.first_byte_s = now - self._limits.started
        self._trace.head = content if self._trace.head is not None else None
