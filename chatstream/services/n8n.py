"""The only code that calls out: one POST to a workflow, and its answer as pieces of text.

Every wait is bounded by `gevent.Timeout`, because a socket's own timeout starts again with every byte: a workflow
that drips would never end. requests' timeout is passed too, for where gevent has not patched the sockets.
"""

from __future__ import annotations

import functools
import http.client
import json
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import gevent
import requests
import urllib3
from gevent import monkey

from chatstream.errors import (
    UpstreamError,
    UpstreamInvalid,
    UpstreamRefused,
    UpstreamReset,
    UpstreamUnreachable,
)
from chatstream.services.alarm import Alarm
from chatstream.services.call_limits import CallLimits
from chatstream.services.chunked_body import ChunkedBody
from chatstream.services.decoders import AnswerDecoder, FormName
from chatstream.services.events import Level, Replace, Status, Text
from chatstream.services.outbound import CheckedAdapter, Line, OutboundPolicy, tls_context, within
from chatstream.services.socket_source import SocketSource
from chatstream.services.upstream_errors import cleaned, of_status, reason_of
from chatstream.services.webhook_spans import webhook_span
from chatstream.tracing.interface import OFF, Tracing

READ_SIZE = 65536
ERROR_BODY = 4096
ERROR_BODY_S = 2.0
RETRY_PAUSE_S = 0.2
BACKSTOP_S = 0.5
BUSY_S = 0.005

_NETWORK = (requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError)
_TIMED_OUT = (TimeoutError, requests.Timeout, urllib3.exceptions.TimeoutError)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookCall:
    """One question to a workflow.

    ``messages``: ``{"role", "content", "timestamp"}``, oldest first, the new message of the user last.
    ``config`` may hold ``request_format`` ("chatstream" or "n8n_chat"), ``idle_timeout_s`` and ``total_timeout_s``.
    """

    url: str
    token: str | None
    chat_id: str
    message_id: str
    team_id: str
    user_id: str
    user_role: str
    messages: Sequence[Mapping[str, str]]
    system_prompt: str | None
    config: Mapping[str, Any]
    request_id: str | None = None
    trace_headers: Mapping[str, str] = field(default_factory=dict)

    def payload(self) -> dict[str, Any]:
        """The body of the POST, as JSON values."""
        if self.config.get("request_format") == "n8n_chat":
            question = self.messages[-1]["content"] if self.messages else ""
            return {"action": "sendMessage", "sessionId": self.chat_id, "chatInput": question}
        return {
            "messages": [dict(message) for message in self.messages],
            "system_prompt": self.system_prompt,
            "config": dict(self.config),
            "session_id": self.chat_id,
            "message_id": self.message_id,
            "user": {"id": self.user_id, "role": self.user_role},
            "team_id": self.team_id,
        }

    def headers(self) -> dict[str, str]:
        """Raises UpstreamRefused for a token that no header can carry."""
        headers = {
            "Accept": "application/json, text/event-stream, text/plain;q=0.9, */*;q=0.1",
            "Accept-Encoding": "identity",  # a compressor between us and n8n would hold pieces back
            "Connection": "close",
            "Content-Type": "application/json",
            "User-Agent": "ChatStream",
        }
        if self.token:
            if not (self.token.isascii() and self.token.isprintable()):
                raise UpstreamRefused("The token has characters that can not be sent.")
            headers["Authorization"] = f"Bearer {self.token}"
        if self.request_id and self.request_id.isascii() and self.request_id.isprintable():
            headers["X-Request-ID"] = self.request_id
        return {**headers, **self.trace_headers}


@dataclass(slots=True)
class Trace:
    """What became of a call, besides the text of its answer."""

    line: Line | None = None
    """None where the form of the address forbade to try."""
    status_code: int | None = None
    form: FormName | None = None
    first_byte_s: float | None = None
    """From the start of the call to the first byte of the body: n8n sends the head before it has anything to say."""
    head: bytes | None = None
    """What was read first of the body, where the caller put an empty one here."""


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

    def stream_response(self, call: WebhookCall, trace: Trace | None = None) -> Iterator[Text | Replace]:
        """The answer, piece by piece; see `stream_lists`."""
        for pieces in self.stream_lists(call, trace):
            yield from pieces

    def stream_lists(self, call: WebhookCall, trace: Trace | None = None) -> Iterator[Sequence[Text | Replace]]:
        """The answer: the pieces that have come, whenever some have; ends normally when it is whole.

        ``trace`` is filled in on the way.
        Raises the subclasses of UpstreamError, their ``said`` cleaned. Closing the generator, or killing the greenlet
        that runs it, closes the connection at once; n8n runs its workflow to the end all the same.
        """
        token, host, trace = call.token, _host(call.url), trace or Trace()
        with webhook_span(self._tracing, call.url, trace) as headers:
            pieces = self._stream(replace(call, trace_headers=headers), trace)
            del call  # an answer takes minutes, and its chat's messages are not needed any more
            try:
                yield from pieces
            except UpstreamError as failure:
                failure.said = cleaned(failure.said, token=token, host=host)
                raise

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

    def _stream(self, call: WebhookCall, trace: Trace) -> Iterator[Sequence[Text | Replace]]:
        self._policy.check_form(call.url)
        limits = CallLimits(call.config, self._error_grace_s)
        exchange = self._open(call, limits, trace)
        del call
        trace.status_code = exchange.status_code
        try:
            if not 200 <= exchange.status_code < 300:
                trace.first_byte_s = time.monotonic() - limits.started
                raise of_status(exchange.status_code, exchange.error_body())
            decoder = AnswerDecoder(exchange.content_type)
            try:
                yield from exchange.pieces(decoder, limits)
            except UpstreamError as failure:
                failure.upstream_status = exchange.status_code
                raise
            finally:
                trace.form = decoder.form_name
        finally:
            exchange.close()

    def _open(self, call: WebhookCall, limits: CallLimits, trace: Trace) -> _Exchange:
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
    """One request and its response. `close` is safe at any time.

    While the answer comes it keeps what reads the body and no more: requests' own objects, and the request with all
    its messages, would be most of what an open stream takes in memory.
    """

    status_code: int
    content_type: str
    _read1: Callable[[int], bytes]

    def __init__(self, policy: OutboundPolicy, tls: Any, trace: Trace) -> None:
        self.line = trace.line = Line(policy)
        self._trace = trace
        self.connect_timed_out = False
        self._is_interruptible = monkey.is_module_patched("socket")
        self._is_reading = False
        self._late = gevent.Timeout()  # never started: it is what the alarm throws
        self._alarm = Alarm(self._interrupt)
        self._reader = gevent.getcurrent()
        self._adapter: CheckedAdapter | None = CheckedAdapter(self.line, tls)
        self._closables: list[Any] = [self._adapter]

    def send(self, call: WebhookCall, limits: CallLimits, connect_timeout_s: float) -> None:
        """Up to the response's headers. Raises UpstreamUnreachable, UpstreamTimeout, WebhookBlocked; closes then."""
        body = json.dumps(call.payload(), ensure_ascii=False).encode("utf-8", "replace")
        headers = call.headers()
        left = limits.due() - time.monotonic()
        assert self._adapter
        try:
            with within(left, limits.verdict):
                # without requests' session, which would look at redirects, proxies and .netrc
                response = self._adapter.send(
                    requests.Request("POST", call.url, headers, data=body).prepare(),
                    stream=True,
                    timeout=(connect_timeout_s, max(left, 0.0) + BACKSTOP_S),
                )
        except _NETWORK as error:
            self.close()
            raise self._failure(error, limits, connect_timeout_s) from None
        except BaseException:
            self.close()
            raise
        self.status_code = response.status_code
        self.content_type = response.headers.get("Content-Type", "")
        self._read1, owner = _reader(response.raw)
        self._closables, self._adapter = [owner], None
        self._bound_socket(None)
        limits.heard(time.monotonic())

    def pieces(self, decoder: AnswerDecoder, limits: CallLimits) -> Iterator[Sequence[Text | Replace]]:
        """The pieces of the body. Stops at its own end: n8n leaves the socket open after the last chunk."""
        yielded_at = limits.started
        while not decoder.finished:
            asked = time.monotonic()
            data = self._read(decoder, limits)
            now = time.monotonic()
            if not data:
                break
            limits.heard(now)
            if self._trace.first_byte_s is None:
                self._trace.first_byte_s = now - limits.started
                self._trace.head = data if self._trace.head is not None else None
            yield from decoder.feed(data)
            if now - asked > BUSY_S:
                yielded_at = now  # it had to wait, so others had their turn; a shorter time may have been work
            elif now - yielded_at > BUSY_S:
                _let_others_run()
                yielded_at = time.monotonic()
        yield from decoder.finish()

    def error_body(self) -> bytes:
        """The first 4 KiB of an error's body, or what comes of them within 2 s."""
        body = b""
        self._bound_socket(ERROR_BODY_S)
        with suppress(*_NETWORK), within(ERROR_BODY_S, TimeoutError):
            while len(body) < ERROR_BODY:
                data = self._read1(ERROR_BODY - len(body))
                if not data:
                    break
                body += data
        return body

    def close(self) -> None:
        """Close the connection at once, whatever is still to come on it."""
        self._alarm.close()
        for closable in self._closables:
            with suppress(*_NETWORK):
                closable.close()
        if self.line.socket is not None:
            with suppress(OSError):
                self.line.socket.close()

    def _read(self, decoder: AnswerDecoder, limits: CallLimits) -> bytes:
        due = limits.due(decoder)
        left = due - time.monotonic()
        if left <= 0:
            raise limits.verdict(decoder)
        if self._is_interruptible:
            self._alarm.set(due)
        else:
            self._bound_socket(left)
        self._is_reading = True
        try:
            return self._read1(READ_SIZE)
        except gevent.Timeout as fired:
            if fired is not self._late:
                raise
            raise limits.verdict(decoder) from None
        except _TIMED_OUT:
            raise limits.verdict(decoder) from None
        except urllib3.exceptions.DecodeError:
            raise UpstreamInvalid("The compressed body can not be decompressed.") from None
        except _NETWORK as error:
            raise UpstreamReset(f"The body ended too early: {reason_of(error)}") from None
        finally:
            self._is_reading = False

    def _interrupt(self) -> None:
        """The alarm has rung, in the hub. A reader that is not in a read finds out by itself before the next."""
        if self._is_reading:
            self._reader.throw(self._late)

    def _bound_socket(self, seconds: float | None) -> None:
        """Where gevent can not interrupt a read, the socket's own timeout has to; where it can, a second timer for each
        read is not needed."""
        if self.line.socket is not None:
            with suppress(OSError):
                self.line.socket.settimeout(None if self._is_interruptible else seconds)

    def _failure(self, error: Exception, limits: CallLimits, connect_timeout_s: float) -> UpstreamError:
        """What an exception before the status line stands for."""
        if isinstance(error, _TIMED_OUT):
            if self.line.connected:
                return limits.verdict()
            self.connect_timed_out = True
            return UpstreamUnreachable(f"No connection within {connect_timeout_s:g} s.")
        return UpstreamUnreachable(f"The call failed: {reason_of(error)}")


def _reader(raw: Any) -> tuple[Callable[[int], bytes], Any]:
    """How to read the body of a urllib3 response, as it comes, and what is to be closed for that."""
    plain = raw.headers.get("Content-Encoding", "identity").lower() in ("", "identity")
    beneath: Any = getattr(raw, "_original_response", None)
    if plain and getattr(beneath, "chunked", False) is True and beneath.fp is not None:
        source = SocketSource(beneath.fp)
        beneath.fp = None  # the response may go: the source has its connection now
        return ChunkedBody(source).read1, source
    return functools.partial(raw.read1, decode_content=True), raw


def _let_others_run() -> None:
    """A body that comes faster than it is read never waits, and so would never let another greenlet run."""
    if monkey.is_module_patched("socket"):
        gevent.sleep(0)


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
