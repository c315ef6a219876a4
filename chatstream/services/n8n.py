"""The only code that calls out: one POST to a workflow, and its answer as pieces of text.

Up to the head of the answer every wait is bounded by `gevent.Timeout`, because a socket's own timeout starts again with
every byte: a workflow that drips would never end. requests' timeout is passed too, for where gevent has not patched the
sockets. From the head on nothing waits inside: see `WebhookAnswer`.
"""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import gevent
import requests
import urllib3
from gevent import monkey
from gevent.socket import wait_read

from chatstream.errors import UpstreamError, UpstreamInvalid, UpstreamUnreachable
from chatstream.services.bodies import body_of, inflater_of
from chatstream.services.call_limits import CallLimits
from chatstream.services.decoders import AnswerDecoder
from chatstream.services.events import Level, Replace, Status, Text
from chatstream.services.outbound import CheckedAdapter, Line, OutboundPolicy, tls_context, within
from chatstream.services.socket_source import SocketSource
from chatstream.services.upstream_errors import cleaned, of_status, reason_of
from chatstream.services.webhook_answer import WebhookAnswer
from chatstream.services.webhook_call import Trace, WebhookCall
from chatstream.services.webhook_spans import WebhookSpan
from chatstream.tracing.interface import OFF, Tracing

ERROR_BODY = 4096
ERROR_BODY_S = 2.0
RETRY_PAUSE_S = 0.2
BACKSTOP_S = 0.5

_NETWORK = (requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError)
_TIMED_OUT = (TimeoutError, requests.Timeout, urllib3.exceptions.TimeoutError)


class N8nStreamer:
    """Calls workflows. One instance serves all calls; each call has its session and its connection.

    ``error_grace_s``: how long an `error` line may be followed by silence before it is final, in seconds.
    """

    def __init__(
        self,
        *,
        policy: OutboundPolicy,
        tracing: Tracing = OFF,
        connect_timeout_s: float = 10.0,
        error_grace_s: float = 5.0,
    ) -> None:
        self._policy = policy
        self._tracing = tracing
        self._connect_timeout_s = connect_timeout_s
        self._error_grace_s = error_grace_s

    def open(self, call: WebhookCall, trace: Trace | None = None) -> WebhookAnswer:
        """Send a call, and wait for the head of its answer. ``trace`` is filled in on the way.

        Raises the subclasses of UpstreamError, their ``said`` cleaned. Killing the greenlet, or closing the answer,
        closes the connection at once; n8n runs its workflow to the end all the same.
        """
        trace, clean = trace or Trace(), _Cleaner(call)
        span = WebhookSpan(self._tracing, call.url)
        try:
            return self._opened(replace(call, trace_headers=span.headers()), trace, span, clean)
        except BaseException as failure:
            if isinstance(failure, UpstreamError):
                clean(failure)
            span.end(trace, failure=failure)
            raise

    def stream_response(self, call: WebhookCall, trace: Trace | None = None) -> Iterator[Text | Replace]:
        """The answer, piece by piece, waited for; ends normally when it is whole. Raises as `open` does."""
        answer = self.open(call, trace)
        del call  # an answer takes minutes, and its chat's messages are not needed any more
        try:
            while not answer.is_over:
                yield from answer.read()
                if not answer.is_over:
                    answer.wait() if answer.is_dry else _let_others_run()
            if answer.failure is not None:
                raise answer.failure
        finally:
            answer.close()

    def get_response(self, call: WebhookCall) -> str:
        """The whole answer. Raises as `stream_response` does."""
        pieces: list[str] = []
        for piece in self.stream_response(call):
            if isinstance(piece, Replace):
                pieces.clear()
            pieces.append(piece.content)
        return "".join(pieces)

    @staticmethod
    def emit_status(description: str, level: Level = "info", *, done: bool = False) -> Status:
        """A word on the progress, as an event of the answer."""
        return Status(description, level, done)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return tls_context()

    def _opened(self, call: WebhookCall, trace: Trace, span: WebhookSpan, clean: _Cleaner) -> WebhookAnswer:
        self._policy.check_form(call.url)
        limits = CallLimits(call.config, self._error_grace_s)
        exchange = self._sent(call, limits, trace)
        trace.status_code = clean.status_code = exchange.response.status
        try:
            if not 200 <= exchange.response.status < 300:
                trace.first_byte_s = time.monotonic() - limits.started
                raise of_status(exchange.response.status, exchange.error_body())
            return exchange.answer(limits, trace, span, clean)
        except BaseException:
            exchange.close()
            raise

    def _sent(self, call: WebhookCall, limits: CallLimits, trace: Trace) -> _Exchange:
        """Send the request; try once more where the first attempt ended before anything could have been sent."""
        first = _Exchange(self._policy, lambda: self._tls, trace)
        try:
            first.send(call, limits, self._connect_timeout_s)
        except UpstreamUnreachable:
            if first.line.connected or first.connect_timed_out:
                raise
        else:
            return first
        time.sleep(RETRY_PAUSE_S)
        second = _Exchange(self._policy, lambda: self._tls, trace)
        second.send(call, limits, self._connect_timeout_s)
        return second


class _Exchange:
    """One request, up to the head of its response. `close` is safe at any time."""

    response: http.client.HTTPResponse
    """Its head; what comes after it is read from ``source``."""
    source: SocketSource | None = None

    def __init__(self, policy: OutboundPolicy, tls: Any, trace: Trace) -> None:
        self.line = trace.line = Line(policy)
        self.connect_timed_out = False
        self._adapter = CheckedAdapter(self.line, tls)

    def send(self, call: WebhookCall, limits: CallLimits, connect_timeout_s: float) -> None:
        """Up to the response's head. Raises UpstreamUnreachable, UpstreamTimeout, WebhookBlocked; closes then."""
        body = json.dumps(call.payload(), ensure_ascii=False).encode("utf-8", "replace")
        headers = call.headers()
        left = limits.due() - time.monotonic()
        try:
            with within(left, limits.verdict):
                # without requests' session, which would look at redirects, proxies and .netrc
                response = self._adapter.send(
                    requests.Request("POST", call.url, headers, data=body).prepare(),
                    stream=True,
                    timeout=(connect_timeout_s, max(left, 0.0) + BACKSTOP_S),
                )
            self._take_over(response.raw)
        except _NETWORK as error:
            self.close()
            raise self._failure(error, limits, connect_timeout_s) from None
        except BaseException:
            self.close()
            raise
        limits.heard(time.monotonic())

    def answer(self, limits: CallLimits, trace: Trace, span: WebhookSpan, clean: _Cleaner) -> WebhookAnswer:
        """The answer in its body. Raises UpstreamInvalid where that is encoded in a way that can not be undone.

        It keeps what reads the body and no more: requests' own objects, and the request with all its messages, would be
        most of what an open stream takes in memory.
        """
        try:
            inflater = inflater_of(self.response.headers.get("Content-Encoding", ""))
        except ValueError as error:
            raise UpstreamInvalid(str(error)) from None
        assert self.source
        decoder = AnswerDecoder(self.response.headers.get("Content-Type", ""))
        return WebhookAnswer(
            self.source,
            body_of(self.response),
            inflater,
            decoder=decoder,
            limits=limits,
            trace=trace,
            span=span,
            clean=clean,
        )

    def error_body(self) -> bytes:
        """The first 4 KiB of an error's body, or what comes of them within 2 s."""
        assert self.source
        framed, body, until = body_of(self.response), b"", time.monotonic() + ERROR_BODY_S
        with suppress(OSError):
            while len(body) < ERROR_BODY and not framed.finished and framed.damage is None:
                data = self.source.receive()
                if data:
                    body += framed.feed(data)
                elif data is not None:
                    break
                else:
                    wait_read(self.source.fileno, max(until - time.monotonic(), 0.0))
        return body[:ERROR_BODY]

    def close(self) -> None:
        """Close the connection at once, whatever is still to come on it."""
        with suppress(*_NETWORK):
            self._adapter.close()
        if self.source is not None:
            self.source.close()
        if self.line.socket is not None:
            with suppress(OSError):
                self.line.socket.close()

    def _take_over(self, raw: Any) -> None:
        """Take the connection from urllib3 and http.client, whose objects may go."""
        self.response = raw._original_response
        beneath: Any = self.response
        self.source, beneath.fp = SocketSource(beneath.fp), None

    def _failure(self, error: Exception, limits: CallLimits, connect_timeout_s: float) -> UpstreamError:
        """What an exception before the status line stands for."""
        if isinstance(error, _TIMED_OUT):
            if self.line.connected:
                return limits.verdict()
            self.connect_timed_out = True
            return UpstreamUnreachable(f"No connection within {connect_timeout_s:g} s.")
        return UpstreamUnreachable(f"The call failed: {reason_of(error)}")


class _Cleaner:
    """Makes the failures of one call fit to be told."""

    __slots__ = ("_host", "_token", "status_code")

    def __init__(self, call: WebhookCall) -> None:
        self._token = call.token
        self._host = _host(call.url)
        self.status_code: int | None = None

    def __call__(self, failure: UpstreamError) -> None:
        """Say with which status it came, and without its secrets what was said."""
        failure.upstream_status = failure.upstream_status or self.status_code
        failure.said = cleaned(failure.said, token=self._token, host=self._host)


def _let_others_run() -> None:
    """A body that comes faster than it is read never waits, and so would never let another greenlet run."""
    if monkey.is_module_patched("socket"):
        gevent.sleep(0)


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
