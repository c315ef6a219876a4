"""The simulated n8n, as a process of its own that is talked to over real sockets."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatstream.n8n_sim.answers import Question, answer_pieces, demo_answer, expected_text, read_question, split_words
from chatstream.n8n_sim.formats import Lines, gzip_bomb
from chatstream.n8n_sim.scenario import FAILURES, FORMATS, MIB, OPTION_NAMES, BadOption, Options, parse_options

ROOT = Path(__file__).parent.parent.parent
TOKEN = "a-token-for-the-simulator"
# The command alone, without the application: it starts in a third of the time.
START = "import runpy; runpy.run_path('chatstream/cli/n8n_sim.py')['n8n_sim_command']()"
BODY = {"messages": [{"role": "user", "content": "Good day", "timestamp": "2026-01-01T00:00:00Z"}]}


def start(*arguments: str, token: str = TOKEN) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", "-c", START, *arguments]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "N8N_SIM_TOKEN": token},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextlib.contextmanager
def running(port_file: Path, token: str = TOKEN) -> Iterator[tuple[subprocess.Popen[str], int]]:
    process = start("--port", "0", "--port-file", str(port_file), token=token)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        port = int(port_file.read_text())
        assert line == f"Simulated n8n listening on http://127.0.0.1:{port}/webhook/demo\n"
        yield process, port
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with running(tmp_path_factory.mktemp("sim") / "port") as (_, number):
        yield number


class Answer:
    """Everything that came for one request, and how it ended: terminated, closed, reset or open (silence)."""

    def __init__(self, data: bytes, ending: str) -> None:
        head, _, rest = data.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        self.ending = ending
        self.status = int(lines[0].split(" ")[1]) if head else 0
        self.headers = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
        self.chunks = list(_chunks(rest)) if "transfer-encoding" in self.headers else [rest]
        self.body = b"".join(self.chunks)

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.body.splitlines()]

    @property
    def kinds(self) -> str:
        """``bie``: begin, item, end; x is an error, k a keep-alive."""
        letters = {"begin": "b", "item": "i", "end": "e", "error": "x", "keepalive": "k"}
        return "".join(letters[line["type"]] for line in self.lines)

    @property
    def text(self) -> str:
        return "".join(line["content"] for line in self.lines if line["type"] == "item")


def _chunks(data: bytes) -> Iterator[bytes]:
    while data:
        size, _, data = data.partition(b"\r\n")
        length = int(size or b"0", 16)
        if length == 0:
            return
        yield data[:length]
        data = data[length + 2 :]


def request(target: str, body: object = BODY, *, token: str | None = TOKEN, method: str = "POST") -> bytes:
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    authorization = f"Authorization: Bearer {token}\r\n" if token else ""
    return (
        f"{method} {target} HTTP/1.1\r\nHost: n8n\r\n{authorization}Content-Length: {len(payload)}\r\n\r\n".encode()
        + payload
    )


def call(port: int, target: str, body: object = BODY, *, token: str | None = TOKEN, silence: float = 5) -> Answer:
    return exchange(port, request(target, body, token=token), silence)


def exchange(port: int, sent: bytes, silence: float = 5) -> Answer:
    """Send, and read until the answer is over, the connection ends, or nothing came for so many seconds."""
    data = b""
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.settimeout(silence)
        sock.sendall(sent)
        while not _is_whole(data):
            try:
                received = sock.recv(1 << 20)
            except ConnectionResetError:
                return Answer(data, "reset")
            except TimeoutError:
                return Answer(data, "open")
            if not received:
                return Answer(data, "closed")
            data += received
    return Answer(data, "terminated")


def _is_whole(data: bytes) -> bool:
    head, separator, rest = data.partition(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length: (\d+)", head, re.IGNORECASE)
    if length:
        return bool(separator) and len(rest) >= int(length[1])
    return rest.endswith(b"0\r\n\r\n")


def look(port: int, path: str, method: str = "GET") -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with contextlib.closing(connection):
        connection.request(method, path)
        return json.loads(connection.getresponse().read())


# Options


def test_the_query_wins_over_the_path_and_the_path_over_the_message() -> None:
    message = "Please.\n  /sim tokens=3 fail=cut after=20 error_text='a b'\nThank you"
    assert parse_options("", message) == Options(tokens=3, fail="cut", after=20, error_text="a b")
    assert parse_options("tokens=4", message, "reset") == Options(tokens=4, fail="reset", after=20, error_text="a b")
    assert parse_options("fail=hang", message, "reset").fail == "hang"
    assert parse_options("delay_ms=5&first_delay_ms=0.5", "/simple text") == Options(
        delay_s=0.005, first_delay_s=0.0005
    )


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("tokens=-1", "tokens='-1' is not allowed: it must be a whole number from 0 to 1000000"),
        ("delay_ms=x", "delay_ms='x' is not allowed: it must be a number of milliseconds from 0 to 3600000"),
        ("delay_ms=nan", "delay_ms='nan'"),
        ("echo=yes", "echo='yes' is not allowed: it must be one of 0, 1"),
        ("status=200", "it must be 301, 302, 303, 307, 308 or 400 to 599"),
        ("location=%0d%0aX:1", "it must be an address of visible ASCII characters"),
        ("fail=no", "it must be one of refused, not_found"),
        ("format=xml", "it must be one of lines, sse"),
        ("tokens=%d9%a3", "tokens="),
        ("keepalive_ms=0", "from 1 to"),
        ("colour=red", "There is no option 'colour'. The options are: format, tokens"),
        ("fail=retry&format=json", "fail=retry is told in n8n's lines: it needs format=lines"),
    ],
)
def test_a_bad_option_is_explained(query: str, said: str) -> None:
    with pytest.raises(BadOption) as failure:
        parse_options(query, "")
    assert said in str(failure.value)
    assert str(failure.value).endswith(".")


@pytest.mark.parametrize("message", ["/sim 'tokens=3", "/sim tokens", "/sim tokens=many"])
def test_a_bad_line_in_the_message_is_explained(message: str) -> None:
    with pytest.raises(BadOption):
        parse_options("", message)
    assert parse_options("echo=1", message) == Options(echo=True), "an echo takes no orders from what it repeats"


def test_both_request_formats() -> None:
    history = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    body = {"messages": [*history, {"role": "user", "content": "c"}], "system_prompt": "Be kind"}
    assert read_question(body) == Question("c", 2, "Be kind")
    chat = {"action": "sendMessage", "sessionId": "1", "chatInput": "hello"}
    assert read_question(chat) == Question("hello")
    odd_ones: list[Any] = [None, [], {"messages": "x"}, {"messages": [1, {"role": "user", "content": 3}]}]
    for odd in odd_ones:
        assert read_question(odd).message == ""


# Answers


@pytest.mark.parametrize("message", ["", "help", "Some CODE, please", "table", "long", "hello", "`` \n\n# Why?", "é🌍"])
def test_the_demo_answers_are_markdown_about_the_question(message: str) -> None:
    answer = demo_answer(Question(message, history=4, system_prompt="Be brief"))
    assert answer.startswith("## ")
    assert "**" in answer
    assert "\n- " in answer
    assert "4 messages" in answer
    assert "`Be brief`" in answer
    assert "".join(split_words(answer)) == answer


def test_help_tells_every_switch() -> None:
    answer = demo_answer(Question("help me"))
    assert [name for name in (*FAILURES, *OPTION_NAMES) if f"`{name}`" not in answer] == []


def test_expected_text() -> None:
    assert expected_text(0) == ""
    assert expected_text(3) == "t1 t2 t3"
    for tokens in (0, 1, 2, 50):
        pieces = list(answer_pieces(Options(tokens=tokens), Question()))
        assert len(pieces) == tokens
        assert "".join(pieces) == expected_text(tokens)


any_text = st.text(st.characters(exclude_categories=()))


@given(any_text)
def test_words_lose_nothing(text: str) -> None:
    assert "".join(split_words(text)) == text


@given(any_text, st.integers(1, 5), st.sampled_from(["characters", "utf16"]))
def test_an_echo_is_the_message(text: str, piece: int, split: str) -> None:
    """Halves of a character, as split=utf16 makes them, come together again in UTF-16."""
    pieces = answer_pieces(Options(echo=True, piece=piece, split=split), Question(text))
    back = "".join(json.loads(Lines().item(part))["content"] for part in pieces)
    assert _whole(back) == _whole(text)
    assert split == "utf16" or back == text


def _whole(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


@pytest.mark.parametrize("size", [1, 1000, MIB, 3 * MIB + 1])
def test_a_bomb_is_small_and_right(size: int) -> None:
    packed = gzip_bomb(size)
    unpacked = zlib.decompress(packed, 31)
    assert size <= len(unpacked) < size + 2 * MIB
    assert len(packed) < 500 + size / 100
    assert json.loads(unpacked.splitlines()[-1])["type"] == "item"


# Streams


def test_lines_are_as_n8n_sends_them(port: int) -> None:
    before = time.time() * 1000
    answer = call(port, "/webhook/demo?tokens=20&delay_ms=1")
    assert answer.ending == "terminated"
    assert answer.kinds == "b" + "i" * 20 + "e"
    assert answer.text == expected_text(20)
    assert answer.body.splitlines(keepends=True) == answer.chunks, "one chunk a line"
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["connection"] == "keep-alive"
    assert "content-length" not in answer.headers
    for line in answer.lines:
        assert list(line["metadata"]) == ["nodeId", "nodeName", "itemIndex", "runIndex", "timestamp"]
        assert before - 1 <= line["metadata"]["timestamp"] <= time.time() * 1000


def test_the_demo_answer_streams(port: int) -> None:
    started = time.monotonic()
    answer = call(port, "/webhook/demo?delay_ms=1", {**BODY, "system_prompt": "Be kind"})
    assert answer.text == demo_answer(Question("Good day", 0, "Be kind"))
    assert time.monotonic() - started > 0.001 * (answer.kinds.count("i") - 1)


def test_a_message_steers(port: int) -> None:
    message = {"role": "user", "content": "Now:\n/sim tokens=7 delay_ms=0"}
    assert call(port, "/webhook/demo", {"messages": [message]}).text == expected_text(7)
    assert call(port, "/webhook/demo", {"chatInput": "/sim tokens=8 delay_ms=0"}).text == expected_text(8)


def test_the_pace_is_kept(port: int) -> None:
    started = time.monotonic()
    call(port, "/webhook/demo?tokens=21&delay_ms=20&first_delay_ms=100")
    assert 0.5 <= time.monotonic() - started < 1.5


@pytest.mark.parametrize(
    ("form", "content_type", "body"),
    [
        ("sse", "text/event-stream", 'data: {"content":"t1"}\n\ndata: {"content":" t2"}\n\ndata: [DONE]\n\n'),
        ("json", "application/json", '{"output":"t1 t2"}'),
        ("json_array", "application/json", '[{"output":"t1 t2"}]'),
        ("text", "text/html", "t1 t2"),
        ("started", "application/json", '{"message":"Workflow was started"}'),
        ("json&field=reply", "application/json", '{"reply":"t1 t2"}'),
    ],
)
def test_other_forms(port: int, form: str, content_type: str, body: str) -> None:
    answer = call(port, f"/webhook/demo?tokens=2&delay_ms=0&format={form}")
    assert answer.status == 200
    assert answer.ending == "terminated"
    assert answer.headers["content-type"] == f"{content_type}; charset=utf-8"
    assert answer.body.decode() == body


def test_openai_and_respond_json(port: int) -> None:
    answer = call(port, "/webhook/demo?tokens=3&delay_ms=0&format=openai")
    events = [event.removeprefix("data: ") for event in answer.body.decode().split("\n\n")]
    assert events[-2:] == ["[DONE]", ""]
    deltas = [json.loads(event)["choices"][0]["delta"].get("content", "") for event in events[:-2]]
    assert "".join(deltas) == expected_text(3)
    answer = call(port, "/webhook/demo?tokens=3&delay_ms=0&format=respond_json")
    assert answer.kinds == "bie"
    assert json.loads(answer.text) == {"output": expected_text(3)}


def test_an_echo_over_the_wire(port: int) -> None:
    message = 'é🌍\u2028"\\\r\n\x00 /sim\n/sim fail=cut'
    body = {"messages": [{"role": "user", "content": message}]}
    for split in ("characters", "utf16"):
        answer = call(port, f"/webhook/demo?echo=1&piece=1&delay_ms=0&split={split}", body)
        assert _whole(answer.text) == message


def test_keepalives_fill_the_wait(port: int) -> None:
    answer = call(port, "/webhook/demo?tokens=2&first_delay_ms=350&keepalive_ms=100&delay_ms=0")
    assert answer.kinds == "bkkkiie"
    assert answer.lines[1] == {"type": "keepalive"}


def test_gzip(port: int) -> None:
    answer = call(port, "/webhook/demo?tokens=9&delay_ms=1&gzip=1")
    assert answer.headers["content-encoding"] == "gzip"
    unpacker = zlib.decompressobj(31)
    first = unpacker.decompress(answer.chunks[0])
    assert json.loads(first)["type"] == "begin", "each line can be unpacked as it comes"
    body = first + b"".join(unpacker.decompress(part) for part in answer.chunks[1:])
    assert unpacker.eof
    assert body.count(b"\n") == 11
    answer = call(port, "/webhook/demo?tokens=9&gzip=1&format=text")
    assert zlib.decompress(answer.body, 31).decode() == expected_text(9)


# Failures


@pytest.mark.parametrize(
    ("target", "ending", "kinds"),
    [
        ("empty", "terminated", ""),
        ("begin_only", "terminated", "b"),
        ("error_line", "terminated", "bx"),
        ("error_after", "terminated", "biiix"),
        ("error_hang", "open", "biiix"),
        ("cut", "closed", "biii"),
        ("reset", "reset", "biii"),
        ("hang", "open", ""),
        ("retry", "terminated", "biiibiiiiiie"),
        ("continue", "terminated", "xbiiiiiie"),
        ("two_agents", "terminated", "biiiebiiie"),
        ("tool", "terminated", "biiiebiiie"),
    ],
)
def test_failures_in_lines(port: int, target: str, ending: str, kinds: str) -> None:
    answer = call(port, f"/webhook/scenario/{target}?tokens=6&after=3&delay_ms=1", silence=0.3)
    assert answer.status == 200
    assert (answer.ending, answer.kinds) == (ending, kinds)
    if target in ("two_agents", "tool", "continue"):
        assert answer.text == expected_text(6)
        assert len({line["metadata"]["nodeId"] for line in answer.lines}) == (1 if target == "tool" else 2)
    if target == "error_line":
        assert answer.lines[1]["content"] == "fake failure 500"


@pytest.mark.parametrize(("target", "ending"), [("unreachable", "reset"), ("hang_headers", "open")])
def test_no_answer_at_all(port: int, target: str, ending: str) -> None:
    answer = call(port, f"/webhook/scenario/{target}", silence=0.3)
    assert (answer.status, answer.ending) == (0, ending)


@pytest.mark.parametrize("form", ["sse", "openai"])
@pytest.mark.parametrize(("fail", "ending"), [("cut", "closed"), ("reset", "reset"), ("hang", "open")])
def test_other_streams_break_off_too(port: int, form: str, fail: str, ending: str) -> None:
    answer = call(port, f"/webhook/demo?format={form}&fail={fail}&after=2&tokens=5&delay_ms=1", silence=0.3)
    assert answer.ending == ending
    assert b"[DONE]" not in answer.body
    assert (b" t2" in answer.body) == (fail != "hang")


@pytest.mark.parametrize(("fail", "ending"), [("cut", "closed"), ("reset", "reset"), ("hang", "open")])
def test_an_answer_in_one_piece_breaks_off(port: int, fail: str, ending: str) -> None:
    answer = call(port, f"/webhook/demo?format=json&fail={fail}&tokens=50", silence=0.3)
    assert answer.ending == ending
    assert 0 < len(answer.body) < int(answer.headers["content-length"])


def test_half_a_line(port: int) -> None:
    answer = call(port, "/webhook/demo?fail=cut&half=1&after=2&tokens=5&delay_ms=0")
    assert answer.ending == "closed"
    whole, _, half = answer.body.rpartition(b"\n")
    assert whole.count(b"\n") == 2
    assert half.startswith(b'{"type":"item"')


def test_bad_bytes(port: int) -> None:
    for form in ("lines", "sse", "openai", "json", "text"):
        answer = call(port, f"/webhook/demo?fail=bad_utf8&tokens=9&delay_ms=0&format={form}")
        assert answer.ending == "terminated"
        with pytest.raises(UnicodeDecodeError):
            answer.body.decode()
    answer = call(port, "/webhook/scenario/garbage?tokens=9&after=3&delay_ms=0")
    lines = answer.body.splitlines()
    assert len(lines) == 16
    with pytest.raises(json.JSONDecodeError):
        json.loads(lines[4])


def test_big_answers(port: int) -> None:
    answer = call(port, "/webhook/scenario/long_line")
    assert [len(line["content"]) for line in answer.lines if line["type"] == "item"] == [2 * MIB]
    answer = call(port, "/webhook/scenario/huge?bytes=3000000")
    assert len(answer.text) == 3_000_000
    assert max(map(len, answer.chunks)) < 2000
    answer = call(port, "/webhook/scenario/gzip_bomb")
    assert answer.ending == "terminated"
    assert answer.headers["content-encoding"] == "gzip"
    assert len(answer.body) < MIB
    assert len(zlib.decompress(answer.body, 31)) >= 100 * MIB


def test_a_drip(port: int) -> None:
    started = time.monotonic()
    answer = call(port, "/webhook/scenario/drip?tokens=1&drip_ms=1")
    assert answer.text == "t1"
    assert time.monotonic() - started > 0.3
    assert call(port, "/webhook/scenario/drip", silence=0.3).status == 200, "the headers do not drip"


@pytest.mark.parametrize(
    ("target", "status", "content_type", "said"),
    [
        ("demo?status=401", 401, "text/html; charset=utf-8", "Authorization is required!"),
        ("scenario/refused", 403, None, "Authorization data is wrong!"),
        ("scenario/not_found", 404, "application/json; charset=utf-8", "is not registered"),
        ("scenario/rate_limited", 429, "application/json; charset=utf-8", "Too many requests"),
        ("scenario/error_500", 500, "application/json; charset=utf-8", '{"message":"Error in workflow"}'),
        ("demo?status=502", 502, "text/html", "nginx"),
        ("no-such", 404, "application/json; charset=utf-8", '\\"POST no-such\\" is not registered'),
        ("demo?tokens=x", 400, "application/json; charset=utf-8", "Option tokens='x' is not allowed"),
        ("scenario/nothing", 400, "application/json; charset=utf-8", "There is no scenario 'nothing'"),
    ],
)
def test_statuses(port: int, target: str, status: int, content_type: str | None, said: str) -> None:
    answer = call(port, f"/webhook/{target}")
    assert answer.status == status
    assert answer.headers.get("content-type") == content_type
    assert said in answer.body.decode()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects(port: int, status: int) -> None:
    answer = call(port, f"/webhook/demo?status={status}&location=http://127.0.0.1:1/x")
    assert (answer.status, answer.headers["location"]) == (status, "http://127.0.0.1:1/x")


def test_bad_requests(port: int) -> None:
    assert call(port, "/webhook/demo", b"{").status == 422
    assert call(port, "/webhook/demo", b"[" * 100_000).status == 422
    assert call(port, "/webhook/demo", b"\xff").status == 422
    assert exchange(port, b"POST /webhook/demo HTTP/1.1\r\nHost: x\r\n\r\n").status == 411
    assert call(port, "/webhook/demo", b" " * (2 * MIB + 1)).status == 413
    assert exchange(port, b"nonsense\r\n\r\n").status == 400
    assert exchange(port, request("/webhook/demo", method="GET")).status == 404
    assert b"Cannot POST /other" in call(port, "/other").body


# What it wants and what it remembers


@pytest.mark.parametrize("token", [None, "wrong", TOKEN + "x"])
def test_the_token_is_checked(port: int, token: str | None) -> None:
    answer = call(port, "/webhook/demo?tokens=1", token=token)
    assert answer.status == 403
    assert answer.body == b"Authorization data is wrong!"
    assert "content-type" not in answer.headers


def test_requests_are_remembered_without_the_token(port: int) -> None:
    look(port, "/requests", "DELETE")
    call(port, "/webhook/demo?tokens=1", {**BODY, "session_id": "7"})
    (seen,) = look(port, "/requests")
    assert (seen["method"], seen["path"], seen["query"]) == ("POST", "/webhook/demo", "tokens=1")
    assert seen["body"]["session_id"] == "7"
    wanted = hashlib.sha256(f"Bearer {TOKEN}".encode()).hexdigest()[:16]
    assert seen["headers"]["Authorization"] == f"sha256:{wanted}"
    assert TOKEN not in json.dumps(seen)
    assert look(port, "/requests", "DELETE") == []
    for _ in range(105):
        call(port, "/webhook/demo?tokens=0")
    assert len(look(port, "/requests")) == 100


def wait_for_open(port: int, count: int) -> int:
    """The number of aborted streams once so many are open."""
    deadline = time.monotonic() + 5
    while (state := look(port, "/connections"))["open"] != count:
        assert time.monotonic() < deadline, state
        time.sleep(0.02)
    return int(state["aborted"])


@pytest.mark.parametrize("query", ["tokens=100000&delay_ms=10", "fail=hang", "fail=hang_headers", "delay_ms=60000"])
def test_a_client_that_leaves_is_noticed(port: int, query: str) -> None:
    aborted = wait_for_open(port, 0)
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.sendall(request(f"/webhook/demo?{query}"))
        assert wait_for_open(port, 1) == aborted
    assert wait_for_open(port, 0) == aborted + 1


def test_a_connection_takes_one_request_after_the_other(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with contextlib.closing(connection):
        for number in (1, 2, 3):
            headers = {"Authorization": f"Bearer {TOKEN}", "Connection": "close"}
            connection.request("POST", f"/webhook/demo?tokens={number}&delay_ms=0", json.dumps(BODY), headers)
            sock = connection.sock
            assert connection.getresponse().read().count(b'"item"') == number
            assert connection.sock is sock


def test_without_a_token_any_call_is_taken(tmp_path: Path) -> None:
    with running(tmp_path / "port", token="") as (_, port):
        assert call(port, "/webhook/demo?tokens=1", token=None).status == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_at_once_with_300_streams(tmp_path: Path, number: signal.Signals) -> None:
    with running(tmp_path / "port") as (process, port), contextlib.ExitStack() as stack:
        for _ in range(300):
            sock = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            sock.sendall(request("/webhook/demo?tokens=1000&delay_ms=50"))
        wait_for_open(port, 300)
        started = time.monotonic()
        process.send_signal(number)
        _, errors = process.communicate(timeout=5)
        assert (process.returncode, errors) == (0, "")
        assert time.monotonic() - started < 2


def test_a_taken_port_is_explained(port: int) -> None:
    process = start("--port", str(port))
    _, errors = process.communicate(timeout=10)
    assert process.returncode == 1
    assert f"Can not listen on 127.0.0.1:{port}" in errors
    assert "Traceback" not in errors


def test_the_documentation_has_an_example_of_everything() -> None:
    text = (ROOT / "docs" / "N8N_SIMULATOR.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \*? ?\|.*\| `((?:demo|scenario/).*)` \|$", text, re.MULTILINE))
    assert set(rows) >= {*OPTION_NAMES, *FAILURES, *FORMATS}
    for name, example in rows.items():
        path, _, query = example.partition("?")
        parse_options(query, "", path.partition("/")[2] or None)
        assert name in example, name
