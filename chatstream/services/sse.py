"""Server-Sent Events frames (WHATWG HTML, section 9.2). Pure.

A frame is ``id: <generation id>:<n>`` and one ``data:`` line of JSON. JSON escapes every control character, so nothing
in a text can end the line or begin a field of its own; non-ASCII text is escaped as well, so that no reader's idea of
a line end (U+2028, U+0085) matters.
"""

from __future__ import annotations

import json
from json.encoder import encode_basestring_ascii as quoted

from chatstream.services.events import Done, Event, Failure, Replace, Status, Text

KEEP_ALIVE = b": keep-alive\n\n"


def frame(generation_id: str, number: int, payload: str) -> bytes:
    """The bytes of frame ``number`` (from 1) of a generation."""
    return f"id: {generation_id}:{number}\ndata: {payload}\n\n".encode("ascii")


def payload_in(framed: bytes) -> str:
    """The payload that ``frame`` was given."""
    return framed[framed.index(b"data: ") + 6 : -2].decode("ascii")


def payload(event: Event) -> str:
    """An event as JSON, in ASCII and without a line end: ``{"type": …, "data": {…}}``."""
    if isinstance(event, Text):  # nearly all are, and a match takes its time
        return f'{{"type": "message", "data": {{"content": {quoted(event.content)}}}}}'
    match event:
        case Replace(content):
            return f'{{"type": "replace", "data": {{"content": {quoted(content)}}}}}'
        case Status(description, level, done):
            flag = "true" if done else "false"
            return (
                f'{{"type": "status", "data": {{"description": {quoted(description)}, '
                f'"level": {quoted(level)}, "done": {flag}}}}}'
            )
        case Failure(code, message):
            return f'{{"type": "error", "data": {{"code": {quoted(code)}, "message": {quoted(message)}}}}}'
        case Done(message, message_id, status):
            return (
                f'{{"type": "done", "data": {{"message": {quoted(message)}, '
                f'"message_id": {quoted(message_id)}, "status": {quoted(status)}}}}}'
            )


def text_in(payloads: list[str]) -> str:
    """The text of an answer from the payloads of its events, up to wherever they go."""
    pieces: list[str] = []
    for line in payloads:
        event = json.loads(line)
        if event["type"] == "message":
            pieces.append(event["data"]["content"])
        elif event["type"] == "replace":
            pieces = [event["data"]["content"]]
    return "".join(pieces)
