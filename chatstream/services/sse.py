"""Server-Sent Events frames (WHATWG HTML, section 9.2). Pure.

A frame is ``id: <generation id>:<n>`` and one ``data:`` line of JSON. JSON escapes every control character, so nothing
in a text can end the line or begin a field of its own; non-ASCII text is escaped as well, so that no reader's idea of
a line end (U+2028, U+0085) matters.
"""

from __future__ import annotations

from json.encoder import encode_basestring_ascii as quoted

from chatstream.services.events import Done, Event, Failure, Replace, Status, Text

KEEP_ALIVE = b": keep-alive\n\n"


def encode(generation_id: str, number: int, event: Event) -> bytes:
    """The bytes of frame ``number`` (from 1) of a generation."""
    return f"id: {generation_id}:{number}\ndata: {_payload(event)}\n\n".encode("ascii")


def _payload(event: Event) -> str:
    match event:
        case Text(content):
            return f'{{"type": "message", "data": {{"content": {quoted(content)}}}}}'
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
