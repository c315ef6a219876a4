"""From options to a reply: which steps each form and each failure is made of."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice

from chatstream.n8n_sim import formats
from chatstream.n8n_sim.answers import Question, answer_pieces
from chatstream.n8n_sim.formats import AGENT, Encoder, Lines, error_line, http_head, stream_headers, to_json, to_text
from chatstream.n8n_sim.playback import Act, Pause, Reply, Step
from chatstream.n8n_sim.scenario import REDIRECTS, STATUS_FAILURES, STREAMED_FORMATS, Options

_RETRY_S = 0.1  # between two tries of an agent node
_HINT = (
    "The workflow must be active for a production URL to run successfully. You can activate the workflow using the "
    "toggle in the top-right of the editor. Note that unlike test URL calls, production URL calls aren't shown on the "
    "canvas (only in the executions list)"
)


def reply_to(options: Options, question: Question, *, path: str) -> Reply:
    """The reply to a good call. ``path`` is the webhook's, for the texts that name it."""
    status = options.status or STATUS_FAILURES.get(options.fail or "")
    if status is not None:
        return status_reply(status, path=path, location=options.location)
    if options.fail == "unreachable":
        return Reply(b"", iter([Act.RESET]))
    if options.fail == "hang_headers":
        return Reply(b"", iter([Act.HANG]))
    if options.form == "started" or options.fail == "started":
        return whole_reply(200, to_json({"message": "Workflow was started"}), formats.JSON_TYPE, sandbox=True)
    pieces = answer_pieces(options, question)
    if options.form in STREAMED_FORMATS:
        return _streamed(options, pieces)
    return _in_one_piece(options, "".join(pieces))


def whole_reply(status: int, body: bytes, content_type: str, *, sandbox: bool = False, close: bool = False) -> Reply:
    """An answer in one piece; ``close``: it is the connection's last."""
    headers = formats.whole_headers(body, content_type, sandbox=sandbox)
    if close:
        headers["Connection"] = "close"
    return Reply(http_head(status, headers), iter([body, Act.FINISH]), keep_open=not close)


def json_reply(status: int, value: object, *, close: bool = False) -> Reply:
    """A JSON answer in one piece."""
    return whole_reply(status, to_json(value), formats.JSON_TYPE, close=close)


def refusal() -> Reply:
    """What n8n answers to a wrong token: plain text, chunked, without a Content-Type."""
    headers = {"WWW-Authenticate": 'Basic realm="Webhook"', "Connection": "close", "Transfer-Encoding": "chunked"}
    steps: list[Step] = [b"Authorization data is wrong!", Act.FINISH]
    return Reply(http_head(403, headers), iter(steps), chunked=True, keep_open=False)


def not_registered(method: str, path: str) -> Reply:
    """404 as for an inactive workflow."""
    name = path.removeprefix("/webhook/")
    message = f'The requested webhook "{method} {name}" is not registered.'
    return json_reply(404, {"code": 404, "message": message, "hint": _HINT})


def status_reply(status: int, *, path: str, location: str) -> Reply:
    """What n8n, or the proxy before it, says with a status."""
    if status in REDIRECTS:
        steps: list[Step] = [Act.FINISH]
        return Reply(http_head(status, {"Location": location, "Content-Length": "0"}), iter(steps))
    if status == 401:
        return whole_reply(401, b"Authorization is required!", formats.HTML_TYPE)
    if status == 403:
        return refusal()
    if status == 404:
        return not_registered("POST", path)
    if status == 429:
        body = to_json({"message": "Too many requests"})
        headers = formats.whole_headers(body, formats.JSON_TYPE, sandbox=False)
        return Reply(http_head(429, {"Retry-After": "1", **headers}), iter([body, Act.FINISH]))
    if status in (502, 503, 504):
        text = f"<html>\r\n<head><title>{status}</title></head>\r\n<body><center>nginx</center></body>\r\n</html>\r\n"
        return whole_reply(status, text.encode(), "text/html")
    return json_reply(status, {"message": "Error in workflow"})


def _streamed(options: Options, pieces: Iterable[str]) -> Reply:
    sse = options.form in ("sse", "openai")
    bomb = options.fail == "gzip_bomb"
    if options.form == "respond_json":
        text = "".join(pieces)
        pieces = [to_json({options.field or "output": text}).decode()]
    return Reply(
        http_head(200, stream_headers(sse=sse, gzip=options.gzip or bomb)),
        _steps(options, _encoder(options), pieces),
        chunked=True,
        gzip=options.gzip and not bomb,
        pace_s=options.pace_s,
        keepalive_s=None if sse else options.keepalive_s,
        drip_s=options.drip_s if options.fail == "drip" else None,
    )


def _encoder(options: Options) -> Encoder:
    if options.form == "sse":
        return formats.Sse(options.field or "content")
    if options.form == "openai":
        return formats.OpenAi()
    return Lines(formats.RESPOND if options.form == "respond_json" else AGENT)


def _steps(options: Options, encoder: Encoder, pieces: Iterable[str]) -> Iterator[Step]:
    if options.fail == "hang":
        return iter([Act.HANG])
    if options.fail == "empty":
        return iter([Act.FINISH])
    special = _IN_LINES.get(options.fail or "")
    if special is not None:
        return special(options, pieces)
    return _plain(options, encoder, pieces)


def _plain(options: Options, encoder: Encoder, pieces: Iterable[str]) -> Iterator[Step]:
    """An answer in any streamed form: whole, or broken off, or with a bad spot in it."""
    broken = {"cut": Act.CLOSE, "reset": Act.RESET}.get(options.fail or "")
    rest = iter(pieces)
    yield from encoder.begin()
    yield Pause(options.first_delay_s)
    if broken is not None:
        yield from _paced(encoder, islice(rest, options.after))
        if options.half:
            line = encoder.item(next(rest, "x" * 20))
            yield line[: len(line) // 2]
        yield broken
        return
    if options.fail == "bad_utf8":
        yield from _paced(encoder, islice(rest, options.after))
        yield encoder.item("#BAD#").replace(b"#BAD#", formats.NOT_UTF8)
    yield from _paced(encoder, rest)
    yield from encoder.end()
    yield Act.FINISH


def _paced(encoder: Encoder, pieces: Iterable[str]) -> Iterator[Step]:
    item = encoder.item
    pace = Act.PACE
    for piece in pieces:
        yield pace
        yield item(piece)


def _begin_only(options: Options, _pieces: Iterable[str]) -> Iterator[Step]:
    yield from Lines().begin()
    yield Pause(options.first_delay_s)
    yield Act.FINISH


def _error(options: Options, pieces: Iterable[str]) -> Iterator[Step]:
    """The model fails: at once (error_line), in mid-answer (error_after), or for ever after (error_hang)."""
    lines = Lines()
    yield from lines.begin()
    yield Pause(options.first_delay_s)
    if options.fail != "error_line":
        yield from _paced(lines, islice(pieces, options.after))
        yield Act.PACE
    yield error_line(AGENT, options.error_text)
    yield Act.HANG if options.fail == "error_hang" else Act.FINISH


def _garbage(options: Options, pieces: Iterable[str]) -> Iterator[Step]:
    rest = iter(pieces)
    lines = Lines()
    yield from lines.begin()
    yield Pause(options.first_delay_s)
    yield from _paced(lines, islice(rest, options.after))
    yield from formats.GARBAGE
    yield from _paced(lines, rest)
    yield from lines.end()
    yield Act.FINISH


def _bomb(options: Options, _pieces: Iterable[str]) -> Iterator[Step]:
    yield Pause(options.first_delay_s)
    yield from formats.sliced(formats.gzip_bomb(options.size), 16 << 10)
    yield Act.FINISH


def _retry(options: Options, pieces: Iterable[str]) -> Iterator[Step]:
    """The agent node fails after some words and starts over: a second begin without an end before it."""
    lines = Lines()
    words = list(pieces)
    yield from lines.begin()
    yield Pause(options.first_delay_s)
    yield from _paced(lines, words[: options.after])
    yield Pause(_RETRY_S)
    yield from lines.begin()
    yield from _paced(lines, words)
    yield from lines.end()
    yield Act.FINISH


def _continue(options: Options, pieces: Iterable[str]) -> Iterator[Step]:
    """A node with "continue on error" fails, then the agent answers."""
    yield error_line(formats.BROKEN)
    yield from _plain(options, Lines(), pieces)


def _two_blocks(options: Options, pieces: Iterable[str]) -> Iterator[Step]:
    """The answer in two begin…end blocks: of two agents, or of one that used a tool between."""
    words = list(pieces)
    half = (len(words) + 1) // 2
    nodes = (formats.AGENT_ONE, formats.AGENT_TWO) if options.fail == "two_agents" else (AGENT, AGENT)
    yield from Lines(nodes[0]).begin()
    yield Pause(options.first_delay_s)
    yield from chain(_paced(Lines(nodes[0]), words[:half]), Lines(nodes[0]).end())
    yield from chain(Lines(nodes[1]).begin(), _paced(Lines(nodes[1]), words[half:]), Lines(nodes[1]).end())
    yield Act.FINISH


_IN_LINES: dict[str, Callable[[Options, Iterable[str]], Iterator[Step]]] = {
    "begin_only": _begin_only,
    "error_line": _error,
    "error_after": _error,
    "error_hang": _error,
    "garbage": _garbage,
    "gzip_bomb": _bomb,
    "retry": _retry,
    "continue": _continue,
    "two_agents": _two_blocks,
    "tool": _two_blocks,
}


def _in_one_piece(options: Options, text: str) -> Reply:
    """json, json_array and text: n8n answers when the workflow is through."""
    if options.form == "text":
        body, content_type = to_text(text), formats.HTML_TYPE
    else:
        answer = {options.field or "output": text}
        body, content_type = to_json([answer] if options.form == "json_array" else answer), formats.JSON_TYPE
    if options.fail == "bad_utf8":
        middle = len(body) // 2
        body = body[:middle] + formats.NOT_UTF8 + body[middle:]
    if options.fail == "empty":
        body = b""
    headers = formats.whole_headers(body, content_type, sandbox=True)
    if options.gzip:
        body = zlib.compress(body, 6, 31)
        headers |= {"Content-Encoding": "gzip", "Content-Length": str(len(body))}
    return Reply(
        b"" if options.first_delay_s else http_head(200, headers),
        _one_piece_steps(options, http_head(200, headers), body),
        drip_s=options.drip_s if options.fail == "drip" else None,
    )


def _one_piece_steps(options: Options, head: bytes, body: bytes) -> Iterator[Step]:
    """The head comes late when the workflow takes its time; a failure leaves half of the promised body out."""
    if options.first_delay_s:
        yield Pause(options.first_delay_s)
        yield head
    broken = {"cut": Act.CLOSE, "reset": Act.RESET, "hang": Act.HANG}.get(options.fail or "")
    if broken is not None:
        yield body[: len(body) // 2]
        yield broken
        return
    yield body
    yield Act.FINISH
