"""Reading JSON bodies: what can not be read is 400, another media type 415, text that can not be stored 422."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

import gevent
import marshmallow
from flask import Request
from gunicorn.http.errors import ParseException
from webargs.flaskparser import FlaskParser

from chatstream.errors import BadRequest, InvalidFields, UnsupportedMediaType

MAX_DEPTH = 32
BODY_TIMEOUT_S = 30.0
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""PostgreSQL keeps neither NUL nor half a surrogate pair."""


class BodyParser(FlaskParser):
    """webargs' parser for Flask, with our reading of bodies and our errors."""

    DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "json": marshmallow.RAISE}

    def load_json(self, req: Request, schema: marshmallow.Schema) -> Any:  # noqa: ARG002
        """The document in the body. Raises BadRequest, UnsupportedMediaType, InvalidFields."""
        if req.mimetype != "application/json" and not (
            req.mimetype.startswith("application/") and req.mimetype.endswith("+json")
        ):
            raise UnsupportedMediaType("Send the body as application/json.")
        document = parse_json(read_body(req))
        errors = unstorable(document)
        if errors:
            raise InvalidFields(errors)
        return document

    def load_querystring(self, req: Request, schema: marshmallow.Schema) -> Any:
        """The query, without text that can not be stored. Raises InvalidFields."""
        errors = {name: ["Has characters that are not allowed."] for name in req.args if _bad(req.args[name])}
        if errors:
            raise InvalidFields(errors)
        return super().load_querystring(req, schema)

    def handle_error(
        self,
        error: marshmallow.ValidationError,
        req: Request,  # noqa: ARG002
        schema: marshmallow.Schema,  # noqa: ARG002
        *,
        error_status_code: int | None,  # noqa: ARG002
        error_headers: Any,  # noqa: ARG002
    ) -> NoReturn:
        """Raise the schema's complaints in the one shape."""
        raise InvalidFields(flat_errors(error.messages))


def read_body(req: Request) -> bytes:
    """The whole body. Raises BadRequest when it is cut off, badly framed or comes too slowly."""
    limit = gevent.Timeout(BODY_TIMEOUT_S)
    try:
        with limit:
            return req.get_data(cache=False)
    except gevent.Timeout as timeout:
        if timeout is not limit:
            raise
        raise BadRequest(f"The body did not arrive within {BODY_TIMEOUT_S:.0f} s.") from None
    except (ParseException, OSError):
        raise BadRequest("The body is cut off or badly framed.") from None


def parse_json(body: bytes) -> Any:
    """Parse strictly: UTF-8, no NaN or infinities, bounded numbers and depth. Raises BadRequest."""
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError):
        raise BadRequest("The body is not valid JSON.") from None


def unstorable(document: Any) -> dict[str, list[str]]:
    """Complaints by dotted path on text with NUL or lone surrogates, and on nesting over MAX_DEPTH."""
    errors: dict[str, list[str]] = {}
    waiting: list[tuple[str, Any, int]] = [("", document, 0)]
    while waiting:
        path, value, depth = waiting.pop()
        if depth > MAX_DEPTH:
            return {path.split(".")[0] or "_schema": [f"Is nested deeper than {MAX_DEPTH} levels."]}
        if isinstance(value, str) and _bad(value):
            errors[path or "_schema"] = ["Has characters that are not allowed (NUL or half a surrogate pair)."]
        elif isinstance(value, dict):
            if any(_bad(name) for name in value):
                errors[path or "_schema"] = ["Has a key with characters that are not allowed."]
            else:
                waiting += [(f"{path}.{name}" if path else name, item, depth + 1) for name, item in value.items()]
        elif isinstance(value, list):
            waiting += [
                (f"{path}.{place}" if path else str(place), item, depth + 1) for place, item in enumerate(value)
            ]
    return errors


def flat_errors(messages: Any, path: str = "") -> dict[str, list[str]]:
    """marshmallow's nested messages as ``{"field.inner": ["why"]}``; webargs' outer location is left out."""
    if not isinstance(messages, dict):
        return {path or "_schema": [str(message) for message in messages]}
    flat: dict[str, list[str]] = {}
    for name, inner in messages.items():
        deeper = path if not path and name in ("json", "query") else f"{path}.{name}" if path else str(name)
        flat |= flat_errors(inner, deeper)
    return flat


def _bad(value: str) -> bool:
    return _UNSTORABLE.search(value) is not None


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(word)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(digits)
    return number
