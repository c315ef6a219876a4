"""The bytes of each form of answer, as a real n8n (2.41) puts them on the wire."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from time import time_ns
from typing import Any, NamedTuple, Protocol
from uuid import NAMESPACE_URL, uuid5

SANDBOX = (
    "sandbox allow-downloads allow-forms allow-modals allow-orientation-lock allow-pointer-lock allow-popups "
    "allow-popups-to-escape-sandbox allow-presentation allow-scripts allow-top-navigation-by-user-activation "
    "allow-top-navigation-to-custom-protocols"
)
JSON_TYPE = "application/json; charset=utf-8"
HTML_TYPE = "text/html; charset=utf-8"
TERMINATOR = b"0\r\n\r\n"
KEEPALIVE = b'{"type":"keepalive"}\n'
NOT_UTF8 = b"\xff\xfe\xc3\x28\xf0\x9f\x98"  # never valid, an overrun two-byte sequence, a character cut short
GARBAGE = (b"this is not JSON\n", b'{"type":"item","content":"cut sh\n', b"42\n", b'["an","array"]\n', b"\x00\x01\n")

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_BOMB_BLOCK = 1 << 20
_CACHED_CHARACTERS = 64


def to_json(value: Any) -> bytes:
    """As JSON.stringify does: no spaces, other scripts as they are, lone surrogates as ``\\udXXX``."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")


def to_text(text: str) -> bytes:
    """UTF-8; a lone surrogate becomes U+FFFD, as in JavaScript."""
    return _LONE_SURROGATE.sub("\ufffd", text).encode()


class Node(NamedTuple):
    """A node of the simulated workflow."""

    id: str
    name: str


def _node(name: str) -> Node:
    return Node(str(uuid5(NAMESPACE_URL, f"https://n8n.example.com/{name}")), name)


AGENT = _node("AI Agent")
AGENT_ONE = _node("Agent One")
AGENT_TWO = _node("Agent Two")
RESPOND = _node("Respond to Webhook")
BROKEN = _node("Set bad")


class Encoder(Protocol):
    """A streamed form. Each bytes object is one chunk of the body."""

    def begin(self) -> list[bytes]:
        """What comes before the first piece."""

    def item(self, piece: str) -> bytes:
        """One piece of the answer."""

    def end(self) -> list[bytes]:
        """What comes after the last piece."""


def _head(kind: str, node: Node, content: str | None = None) -> bytes:
    """A line up to its timestamp, which is the only part that changes from call to call."""
    line: dict[str, Any] = {"type": kind}
    if content is not None:
        line["content"] = content
    line["metadata"] = {"nodeId": node.id, "nodeName": node.name, "itemIndex": 0, "runIndex": 0, "timestamp": 0}
    return to_json(line)[: -len("0}}")]


_short_head = lru_cache(maxsize=8192)(_head)


class Lines:
    """n8n's own streaming form: one JSON object a line."""

    def __init__(self, node: Node = AGENT) -> None:
        self._node = node

    def begin(self) -> list[bytes]:
        return [b"%b%d}}\n" % (_short_head("begin", self._node), time_ns() // 1_000_000)]

    def item(self, piece: str) -> bytes:
        head = _short_head if len(piece) <= _CACHED_CHARACTERS else _head
        return b"%b%d}}\n" % (head("item", self._node, piece), time_ns() // 1_000_000)

    def end(self) -> list[bytes]:
        return [b"%b%d}}\n" % (_short_head("end", self._node), time_ns() // 1_000_000)]


def error_line(node: Node, content: str | None = None) -> bytes:
    """n8n's ``error`` line, which has no timestamp; without ``content`` when the node threw no message."""
    line: dict[str, Any] = {"type": "error"}
    if content is not None:
        line["content"] = content
    line["metadata"] = {"nodeId": node.id, "nodeName": node.name, "runIndex": 0, "itemIndex": 0}
    return to_json(line) + b"\n"


class Sse:
    """``data: {"content": "…"}`` … ``data: [DONE]``."""

    def __init__(self, field: str) -> None:
        self._field = field

    def begin(self) -> list[bytes]:
        return []

    def item(self, piece: str) -> bytes:
        return b"data: %b\n\n" % to_json({self._field: piece})

    def end(self) -> list[bytes]:
        return [b"data: [DONE]\n\n"]


class OpenAi:
    """OpenAI's chat.completion.chunk events."""

    def begin(self) -> list[bytes]:
        return [self._event({"role": "assistant", "content": ""})]

    def item(self, piece: str) -> bytes:
        return self._event({"content": piece})

    def end(self) -> list[bytes]:
        return [self._event({}, "stop"), b"data: [DONE]\n\n"]

    def _event(self, delta: dict[str, str], finish_reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": None}
        event = {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": time_ns() // 1_000_000_000,
            "model": "gpt-4",
            "choices": [choice],
        }
        return b"data: %b\n\n" % to_json(event)


def chunk(payload: bytes) -> bytes:
    """A chunk of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(payload), payload)


def http_head(status: int, headers: Mapping[str, str]) -> bytes:
    """Status line and headers, with the Date as the last."""
    lines = [f"HTTP/1.1 {status} {_phrase(status)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines.append(f"Date: {formatdate(usegmt=True)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def stream_headers(*, sse: bool, gzip: bool) -> dict[str, str]:
    """Headers of a streamed answer. n8n announces keep-alive even to who asked for close."""
    headers = {
        "Content-Type": "text/event-stream; charset=utf-8" if sse else JSON_TYPE,
        "Transfer-Encoding": "chunked",
        "Cache-Control": "no-cache",
        "Connection": "keep-alive",
        "Vary": "Accept-Encoding",
    }
    return {**headers, "Content-Encoding": "gzip"} if gzip else headers


def whole_headers(body: bytes, content_type: str, *, sandbox: bool) -> dict[str, str]:
    """Headers of an answer in one piece, as Express makes them; n8n adds the sandbox to what a workflow answers."""
    digest = base64.b64encode(hashlib.sha1(body, usedforsecurity=False).digest()).decode()[:27]
    headers = {"Content-Security-Policy": SANDBOX} if sandbox else {}
    return {
        **headers,
        "Content-Type": content_type,
        "Content-Length": str(len(body)),
        "ETag": f'W/"{len(body):x}-{digest}"',
        "Vary": "Accept-Encoding",
    }


@lru_cache(maxsize=4)
def gzip_bomb(size: int) -> bytes:
    """A gzip stream of about ``size`` bytes of item lines, less than a three hundredth of that on the wire.

    Deflate blocks that end in a full flush do not refer to each other, so one packed MiB can be repeated.
    """
    lines = Lines()
    block = b""
    while len(block) < min(size, _BOMB_BLOCK):
        block += lines.item("x" * min(65_536, size))
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = deflate.compress(block) + deflate.flush(zlib.Z_FULL_FLUSH)
    count = -(-size // len(block))
    check = 0
    for _ in range(count):
        check = zlib.crc32(block, check)
    trailer = check.to_bytes(4, "little") + (count * len(block) % (1 << 32)).to_bytes(4, "little")
    return b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + packed * count + b"\x03\x00" + trailer


def sliced(data: bytes, size: int) -> Iterator[bytes]:
    """Parts of ``size`` bytes."""
    return (data[start : start + size] for start in range(0, len(data), size))
