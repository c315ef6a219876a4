"""The simulator's listening side: connections, routes, and what it remembers of the calls."""

from __future__ import annotations

import hashlib
import hmac
import html
import json
import socket
from collections import deque
from typing import Any

import gevent.socket
from gevent.pool import Pool
from gevent.server import StreamServer

from chatstream.n8n_sim.answers import read_question
from chatstream.n8n_sim.formats import HTML_TYPE
from chatstream.n8n_sim.playback import Player, Reply
from chatstream.n8n_sim.scenario import FAILURES, BadOption, parse_options
from chatstream.n8n_sim.scripts import json_reply, not_registered, refusal, reply_to, whole_reply
from chatstream.n8n_sim.wire import BadRequest, Reader, Request

DEMO_PATH = "/webhook/demo"
SCENARIO_PATH = "/webhook/scenario/"
REMEMBERED_REQUESTS = 100
_BACKLOG = 1024


class Simulator:
    """A server that answers as n8n does. ``token``: the bearer token it wants, None to take any call."""

    def __init__(self, host: str, port: int, token: str | None = None) -> None:
        self._token = token
        self._requests: deque[dict[str, Any]] = deque(maxlen=REMEMBERED_REQUESTS)
        self._open = 0
        self._aborted = 0
        self._server = StreamServer((host, port), self._serve, backlog=_BACKLOG, spawn=Pool())

    def start(self) -> int:
        """Listen; returns the port. OSError when the address is taken."""
        self._server.start()
        port = self._server.server_port
        assert port is not None, "a server that listens has a port"
        return port

    def stop(self) -> None:
        """Stop at once, cutting what is being written."""
        self._server.stop(timeout=0)

    def _serve(self, sock: gevent.socket.socket, _address: object) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reader = Reader(sock)
        try:
            while self._serve_one(sock, reader):
                pass
        except OSError:
            pass  # the client went, or was idle for too long
        finally:
            sock.close()

    def _serve_one(self, sock: gevent.socket.socket, reader: Reader) -> bool:
        """Answer one request; True when the connection can take another."""
        try:
            request = reader.next()
        except BadRequest as error:
            Player(sock, json_reply(error.status, {"message": error.message}, close=True)).play()
            reader.drain()
            return False
        if request is None:
            return False
        control = self._control(request)
        if control is not None:
            return Player(sock, control).play() and not request.close
        reply = self._webhook(request)
        self._open += 1
        try:
            keep = Player(sock, reply).play()
        except OSError:
            self._aborted += 1
            raise
        finally:
            self._open -= 1
        # n8n leaves a streamed connection open even for a client that asked for its end.
        return keep and (reply.chunked or not request.close)

    def _control(self, request: Request) -> Reply | None:
        """The simulator's own routes, which n8n does not have but for /healthz."""
        match request.method, request.path:
            case "GET", "/healthz":
                return whole_reply(200, b"ok", "text/plain; charset=utf-8")
            case "GET", "/requests":
                return json_reply(200, list(self._requests))
            case "DELETE", "/requests":
                self._requests.clear()
                return json_reply(200, [])
            case "GET", "/connections":
                return json_reply(200, {"open": self._open, "aborted": self._aborted})
        return None

    def _webhook(self, request: Request) -> Reply:
        body, unreadable = _parse(request.body)
        self._remember(request, body)
        is_scenario = request.path.startswith(SCENARIO_PATH)
        if not is_scenario and request.path != DEMO_PATH:
            return _unknown(request)
        if request.method != "POST":
            return not_registered(request.method, request.path)
        if not self._is_authorized(request):
            return refusal()
        if unreadable:
            return json_reply(422, {"code": 422, "message": "Failed to parse request body", "hint": unreadable})
        scenario = request.path.removeprefix(SCENARIO_PATH) if is_scenario else None
        if scenario is not None and scenario not in FAILURES:
            allowed = ", ".join(FAILURES)
            return json_reply(400, {"message": f"There is no scenario {scenario[:80]!r}. There are: {allowed}."})
        question = read_question(body)
        try:
            options = parse_options(request.query, question.message, scenario)
        except BadOption as error:
            return json_reply(400, {"message": str(error)})
        return reply_to(options, question, path=request.path)

    def _is_authorized(self, request: Request) -> bool:
        if self._token is None:
            return True
        wanted = f"Bearer {self._token}".encode()
        return hmac.compare_digest(request.header("authorization").encode("latin-1"), wanted)

    def _remember(self, request: Request, body: Any) -> None:
        headers = {
            name: _fingerprint(value) if name.lower() == "authorization" else value
            for name, value in request.headers.items()
        }
        seen = {"method": request.method, "path": request.path, "query": request.query}
        self._requests.append({**seen, "headers": headers, "body": body})


def _fingerprint(value: str) -> str:
    """Enough to tell two tokens apart, nothing to use."""
    return "sha256:" + hashlib.sha256(value.encode("latin-1")).hexdigest()[:16]


def _parse(body: bytes) -> tuple[Any, str]:
    """The JSON value and '', or None and what is wrong. An empty body is None, as n8n has it."""
    if not body:
        return None, ""
    try:
        return json.loads(body), ""
    except RecursionError:
        return None, "It is nested too deeply."
    except ValueError as error:  # malformed JSON, or not UTF-8
        return None, str(error)


def _unknown(request: Request) -> Reply:
    if request.path.startswith("/webhook"):
        return not_registered(request.method, request.path)
    called = html.escape(f"{request.method} {request.path}")
    text = f"<!DOCTYPE html>\n<pre>Cannot {called}</pre>\n"
    return whole_reply(404, text.encode("utf-8", "replace"), HTML_TYPE)
