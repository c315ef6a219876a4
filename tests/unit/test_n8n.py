"""Calls to workflows over real sockets: what is sent, every recorded answer, limits, failures, closing."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from chatstream.errors import UpstreamError
from chatstream.services import call_limits
from chatstream.services.events import Replace, Status, Text
from chatstream.services.n8n import N8nStreamer
from chatstream.services.outbound import OutboundPolicy
from chatstream.services.upstream_errors import cleaned
from chatstream.services.webhook_call import WebhookCall
from tests.support.captures import EXPECTED, Expected, load
from tests.support.raw_server import CaptureServer, Split, Write, chunk, chunked_head, response

TOKEN = "canary-token-Zx81"
HI = b'{"type":"item","content":"hi"}\n'


def streamer(**options: Any) -> N8nStreamer:
    return N8nStreamer(policy=OutboundPolicy(allow_loopback=True), **{"error_grace_s": 0.3, **options})


def call(url: str, *, token: str | None = TOKEN, request_id: str | None = None, **config: Any) -> WebhookCall:
    return WebhookCall(
        url=url,
        token=token,
        chat_id="chat-1",
        message_id="message-1",
        team_id="team-1",
        user_id="user-1",
        user_role="member",
        messages=[{"role": "user", "content": "Grüße", "timestamp": "2026-01-01T00:00:00.000Z"}],
        system_prompt="Be brief.",
        config=config,
        request_id=request_id,
    )


def outcome(
    server: CaptureServer, one: N8nStreamer | None = None, **config: Any
) -> tuple[Expected, UpstreamError | None]:
    """What a call to ``server`` comes to."""
    text, replaced = "", False
    try:
        for piece in (one or streamer()).stream_response(call(server.url, **config)):
            replaced = replaced or isinstance(piece, Replace)
            text = piece.content if isinstance(piece, Replace) else text + piece.content
    except UpstreamError as failure:
        return Expected(failure.code, text, replaced), failure
    return Expected("complete", text, replaced), None


def answering(*writes: bytes | Write, ends: Any = "closed") -> CaptureServer:
    timed: Sequence[Write] = [(0.0, write) if isinstance(write, bytes) else write for write in writes]
    return CaptureServer(timed, ends=ends)


@pytest.mark.parametrize("split", ["whole", "bytes", "random"])
@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_every_capture_from_a_socket(name: str, split: Split) -> None:
    capture = load(name)
    with CaptureServer(capture.scaled(0), ends=capture.ends, split=split, seed=7) as server:
        started = time.monotonic()
        assert outcome(server)[0] == EXPECTED[name]
        assert time.monotonic() - started < 2, "it must not wait for the socket to close"


def test_with_their_own_rhythm() -> None:
    capture = load("d12_agent_retry_partial")
    with CaptureServer(capture.scaled(0.2), ends=capture.ends) as server:
        assert outcome(server)[0] == EXPECTED[capture.name]


class TestRequest:
    def sent(self, **options: Any) -> tuple[str, Any]:
        with answering(response(b'{"output":"hi"}')) as server:
            config = options.pop("config", {})
            assert streamer().get_response(call(server.url, **options, **config)) == "hi"
        head, _, body = server.requests[0].partition(b"\r\n\r\n")
        return head.decode(), json.loads(body)

    def test_our_format(self) -> None:
        head, body = self.sent(request_id="req-1", config={"temperature": 0.5})
        assert head.startswith("POST /webhook/test HTTP/1.1\r\n")
        assert f"\r\nAuthorization: Bearer {TOKEN}\r\n" in head
        assert "\r\nAccept-Encoding: identity\r\n" in head
        assert "\r\nX-Request-ID: req-1" in head
        assert "\r\nContent-Type: application/json" in head
        assert body == {
            "messages": [{"role": "user", "content": "Grüße", "timestamp": "2026-01-01T00:00:00.000Z"}],
            "system_prompt": "Be brief.",
            "config": {"temperature": 0.5},
            "session_id": "chat-1",
            "message_id": "message-1",
            "user": {"id": "user-1", "role": "member"},
            "team_id": "team-1",
        }

    def test_the_format_of_the_chat_trigger(self) -> None:
        _, body = self.sent(config={"request_format": "n8n_chat"})
        assert body == {"action": "sendMessage", "sessionId": "chat-1", "chatInput": "Grüße"}

    def test_without_a_token(self) -> None:
        assert "Authorization" not in self.sent(token=None)[0]

    def test_nothing_of_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        self.sent()

    def test_no_password_of_a_netrc(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "netrc").write_text("machine 127.0.0.1 login canary password canary\n")
        (tmp_path / "netrc").chmod(0o600)
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        assert "Authorization" not in self.sent(token=None)[0]

    @pytest.mark.parametrize("token", ["a\r\nX: y", "tökén", "a\0"])
    def test_a_token_that_no_header_can_carry(self, token: str) -> None:
        with answering() as server, pytest.raises(UpstreamError) as caught:
            streamer().get_response(call(server.url, token=token))
        assert caught.value.code == "upstream_refused"
        assert server.connections == 0

    def test_status(self) -> None:
        assert N8nStreamer.emit_status("Working", "warning", done=True) == Status("Working", "warning", True)


class TestStatuses:
    @pytest.mark.parametrize(
        ("status", "code"),
        [(400, "upstream_error"), (401, "upstream_refused"), (403, "upstream_refused"), (404, "upstream_not_found"),
         (422, "upstream_error"), (429, "upstream_rate_limited"), (500, "upstream_error"), (503, "upstream_error")],
    )  # fmt: skip
    def test_code_and_words(self, status: int, code: str) -> None:
        with answering(response(b'{"message":"went wrong"}', status=f"{status} X")) as server:
            got, failure = outcome(server)
        assert got == Expected(code, "")
        assert failure is not None
        assert failure.upstream_status == status
        assert failure.said == f"HTTP {status}: went wrong"
        assert server.connections == 1, "a request that was sent is never sent again"

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_redirects_are_not_followed_nor_read(self, status: int) -> None:
        with answering(response(b"secret")) as canary:
            head = f"HTTP/1.1 {status} X\r\nLocation: {canary.url}\r\nContent-Length: 100000000\r\n\r\n".encode()
            with answering(head + b"x" * 10_000, ends="hangs") as server:
                started = time.monotonic()
                got, failure = outcome(server)
                assert time.monotonic() - started < 3
        assert got.terminal == "upstream_error"
        assert failure is not None
        assert "redirect" in failure.detail
        assert canary.connections == 0

    def test_an_html_body_in_words(self) -> None:
        with answering(response(b"<html><pre>Cannot POST\n/webhook</pre></html>", status="404 X")) as server:
            failure = outcome(server)[1]
        assert failure is not None
        assert failure.said == "HTTP 404: Cannot POST /webhook"

    def test_secrets_stay_out_of_what_was_said(self) -> None:
        said = f"Bearer abc {TOKEN} http://n8n.internal:5678/x 10.0.0.5:5432 [fd00::1]:80 a\r\nb\x1b[31m " + "x" * 900
        for answer in (
            response(json.dumps({"message": said}).encode(), status="500 X"),
            response(json.dumps({"type": "error", "content": said}).encode()),
            response(json.dumps({"error": {"message": said}}).encode()),
            response(b"event: error\ndata: " + json.dumps(said).encode() + b"\n\n", content_type="text/event-stream"),
        ):
            with answering(answer) as server:
                failure = outcome(server)[1]
            assert failure is not None
            assert failure.said is not None
            assert len(failure.said) <= 500
            assert not any(
                secret in failure.said for secret in (TOKEN, "abc", "internal", "10.0.0.5", "fd00", "\n", "\x1b")
            )
            assert "http://[host]/x" in failure.said


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("version 1.2.3 at 12:30:45", "version 1.2.3 at 12:30:45"),
        ("connect ECONNREFUSED ::1:5432", "connect ECONNREFUSED [address]"),
        ("connect ECONNREFUSED 127.0.0.1:5432.", "connect ECONNREFUSED [address]."),
        ("getaddrinfo ENOTFOUND n8n.inner", "getaddrinfo ENOTFOUND [host]"),
        ("x" * 20 + TOKEN[:10], "x" * 20),
        ("basic dXNlcjpwdw==", "basic [token]"),
        ("std::vector in C++", "std::vector in C++"),
        ("\0\n", None),
        ("", None),
        (None, None),
    ],
)
def test_cleaned(said: str | None, left: str | None) -> None:
    assert cleaned(said, token=TOKEN, host="n8n.inner") == left


class TestLimits:
    """Run as they are, and once more under gevent's patches (below), as in production."""

    def took(self, server: CaptureServer, **config: Any) -> tuple[str, str, float]:
        started = time.monotonic()
        got, _ = outcome(server, **config)
        return got.terminal, got.text, time.monotonic() - started

    def test_silence_before_the_headers(self) -> None:
        with answering(ends="hangs") as server:
            code, _, seconds = self.took(server, idle_timeout_s=0.4)
        assert code == "upstream_timeout"
        assert 0.3 < seconds < 1.4

    def test_silence_in_the_answer(self) -> None:
        with answering(chunked_head() + chunk(HI), ends="hangs") as server:
            code, text, seconds = self.took(server, idle_timeout_s=0.4)
        assert (code, text) == ("upstream_timeout", "hi")
        assert 0.3 < seconds < 1.4

    def test_bytes_that_drip_end_at_the_total_limit(self) -> None:
        with answering(chunked_head(), *[(0.1, chunk(b" "))] * 30, ends="hangs") as server:
            code, _, seconds = self.took(server, idle_timeout_s=5, total_timeout_s=0.5)
        assert code == "upstream_timeout"
        assert 0.4 < seconds < 1.5

    def test_an_error_followed_by_silence(self) -> None:
        with answering(chunked_head() + chunk(HI + b'{"type":"error","content":"why"}\n'), ends="hangs") as server:
            code, text, seconds = self.took(server)
        assert (code, text) == ("upstream_error", "hi")
        assert 0.2 < seconds < 1.3

    def test_keepalives_are_signs_of_life_until_they_stop(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(call_limits, "KEEPALIVE_S", 0.4)
        alive = chunk(b'{"type":"keepalive"}\n')
        with answering(chunked_head() + chunk(HI), *[(0.2, alive)] * 4, ends="hangs") as server:
            code, text, seconds = self.took(server)
        assert (code, text) == ("upstream_timeout", "hi")
        assert 1.1 < seconds < 2.3

    def test_a_connection_that_nobody_accepts(self) -> None:
        with socket.socket() as full:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            fillers = [socket.socket() for _ in range(4)]
            for filler in fillers:
                filler.setblocking(False)
                filler.connect_ex(full.getsockname())
            started = time.monotonic()
            url = f"http://127.0.0.1:{full.getsockname()[1]}/"
            with pytest.raises(UpstreamError) as caught:
                streamer(connect_timeout_s=0.4).get_response(call(url))
            for filler in fillers:
                filler.close()
        assert caught.value.code == "upstream_unreachable"
        assert time.monotonic() - started < 1.4


PATCHED = """
from gevent import monkey; monkey.patch_all()
import sys, pytest
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "tests/unit/patched_n8n.py"]))
"""


def test_the_limits_under_gevent() -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", PATCHED], capture_output=True, text=True, timeout=60, check=False, cwd=root
    )
    assert done.returncode == 0, done.stdout + done.stderr


class TestFailures:
    def test_nobody_listens(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        with pytest.raises(UpstreamError) as caught:
            streamer().get_response(call(f"http://127.0.0.1:{port}/"))
        assert caught.value.code == "upstream_unreachable"
        assert caught.value.said == "The call failed: Connection refused."

    def test_a_refused_connection_is_tried_once_more(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with answering(response(b'{"output":"hi"}')) as server:
            real, attempts = socket.getaddrinfo, []

            def getaddrinfo(host: str, port: int, **options: Any) -> Any:
                attempts.append(host)
                if len(attempts) == 1:
                    raise socket.gaierror(-3, "Temporary failure in name resolution")
                return real("127.0.0.1", port, **options)

            monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
            assert streamer().get_response(call(f"http://n8n.example:{server.port}/")) == "hi"
        assert len(attempts) == 2

    @pytest.mark.parametrize("ends", ["closed", "reset"])
    def test_closed_without_an_answer_is_not_tried_again(self, ends: Any) -> None:
        with answering(ends=ends) as server:
            assert outcome(server)[0] == Expected("upstream_unreachable", "")
        assert server.connections == 1

    @pytest.mark.parametrize("ends", ["closed", "reset"])
    @pytest.mark.parametrize(
        "head",
        [
            chunked_head() + chunk(HI),
            chunked_head() + chunk(HI)[:-9],
            b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + HI,
        ],
    )
    def test_cut_off(self, head: bytes, ends: Any) -> None:
        with answering(head, ends=ends) as server:
            got, _ = outcome(server)
        assert got.terminal == "upstream_reset"
        assert got.text in ("hi", "")

    def test_a_body_that_the_close_ends(self) -> None:
        with answering(b"HTTP/1.1 200 OK\r\n\r\n" + HI) as server:
            assert outcome(server)[0] == Expected("complete", "hi")

    @pytest.mark.parametrize(
        "answer", [b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 3, 4\r\n\r\nabc", b"HTTP/1.1 abc X\r\n\r\n"]
    )
    def test_what_is_no_http(self, answer: bytes) -> None:
        with answering(answer) as server:
            assert outcome(server)[0].terminal in ("upstream_unreachable", "upstream_invalid")

    def test_bad_chunk_sizes(self) -> None:
        with answering(chunked_head() + chunk(HI) + b"zz\r\n") as server:
            assert outcome(server)[0] == Expected("upstream_reset", "hi")

    def test_done_ends_it_although_the_body_goes_on(self) -> None:
        with answering(
            chunked_head("text/event-stream") + chunk(b"data: hi\n\ndata: [DONE]\n\n"), ends="hangs"
        ) as server:
            assert outcome(server)[0] == Expected("complete", "hi")
            assert server.hung_up.wait(1)

    @pytest.mark.parametrize(
        "url", ["http://u:p@127.0.0.1/", "ftp://127.0.0.1/", "http://10.0.0.1/", "http://169.254.169.254/"]
    )
    def test_blocked(self, url: str) -> None:
        with pytest.raises(UpstreamError) as caught:
            streamer().get_response(call(url))
        assert caught.value.code == "webhook_blocked"

    def test_pieces_before_a_failure_are_given_out(self) -> None:
        with answering(chunked_head() + chunk(HI + b"oops\n"), ends="hangs") as server:
            assert outcome(server)[0] == Expected("upstream_invalid", "hi")

    def test_closing_the_generator_closes_the_connection_at_once(self) -> None:
        with answering(chunked_head() + chunk(HI), ends="hangs") as server:
            pieces = streamer().stream_response(call(server.url))
            assert next(pieces) == Text("hi")
            pieces.close()  # type: ignore[attr-defined]
            assert server.hung_up.wait(1)

    def test_get_response_leaves_out_what_was_taken_back(self) -> None:
        begin, bad, good = (b'{"type":"begin"}\n', b'{"type":"item","content":"bad"}\n', HI)
        with answering(response(begin + bad + begin + good)) as server:
            assert streamer().get_response(call(server.url)) == "hi"
