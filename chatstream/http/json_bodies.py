"""Reading JSON bodies: what can not be read is 400, another media type 415, text that can not be stored 422."""

from __future__ import annotations

import math
from typing import Any, NoReturn

import gevent
import marshmallow
from flask import Request
from gunicorn.http.errors import ParseException
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import RequestEntityTooLarge

from chatstream.errors import BadRequest, InvalidFields, UnsupportedMediaType
from chatstream.http import strict_json
from chatstream.http.uploads import read_files
from chatstream.services.stored_text import BAD_TEXT, UNSTORABLE

BODY_TIMEOUT_S = 30.0


class BodyParser(FlaskParser):
    """webargs' parser for Flask, with our reading of bodies and our errors."""

    DEFAULT_UNKNOWN_BY_LOCATION = {
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "json": marshmallow.RAISE,
        "files": marshmallow.RAISE,
    }

    def load_json(self, req: Request, schema: marshmallow.Schema) -> Any:  # noqa: ARG002
        """The document in the body. Raises BadRequest, UnsupportedMediaType, InvalidFields."""
        return strict_json.parse(read_json_text(req))

    def load_querystring(self, req: Request, schema: marshmallow.Schema) -> Any:
        """The query, without text that can not be stored. Raises InvalidFields."""
        bad = [name for name, value in req.args.items() if UNSTORABLE.search(value)]
        if bad:
            raise InvalidFields({name: [BAD_TEXT] for name in bad})
        return super().load_querystring(req, schema)

    def load_files(self, req: Request, schema: marshmallow.Schema) -> Any:
        """The files of a form. Raises what `read_files` raises."""
        return self._makeproxy(read_files(req, read_body), schema)

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


def load(schema: marshmallow.Schema, document: Any) -> Any:
    """What ``schema`` makes of a document. Raises InvalidFields."""
    try:
        return schema.load(document)
    except marshmallow.ValidationError as error:
        raise InvalidFields(flat_errors(error.messages)) from None


def read_json_text(req: Request, *, max_bytes: int | None = None) -> bytes:
    """A body that says it is JSON; ``max_bytes`` instead of the limit of other bodies.

    Raises UnsupportedMediaType, and what `read_body` raises.
    """
    if req.mimetype != "application/json" and not (
        req.mimetype.startswith("application/") and req.mimetype.endswith("+json")
    ):
        raise UnsupportedMediaType("Send the body as application/json.")
    if max_bytes is not None:
        req.max_content_length = max_bytes
    return read_body(req)


def read_body(req: Request) -> bytes:
    """The whole body. Raises BadRequest when it is cut off, badly framed or too slow, 413 when it is too large."""
    limit = gevent.Timeout(BODY_TIMEOUT_S)
    try:
        with limit:
            body = req.get_data(cache=False)
    except gevent.Timeout as timeout:
        if timeout is not limit:
            raise
        raise BadRequest(f"The body did not arrive within {BODY_TIMEOUT_S:.0f} s.") from None
    except (ParseException, OSError):
        raise BadRequest("The body is cut off or badly framed.") from None
    if req.content_length is None and len(body) >= (req.max_content_length or math.inf):
        raise RequestEntityTooLarge  # werkzeug cuts a chunked body off at the limit, without a word
    return body


def flat_errors(messages: Any, path: str = "") -> dict[str, list[str]]:
    """marshmallow's nested messages as ``{"field.inner": ["why"]}``; webargs' outer location is left out."""
    if not isinstance(messages, dict):
        return {path or "_schema": [str(message) for message in messages]}
    flat: dict[str, list[str]] = {}
    for name, inner in messages.items():
        deeper = path if not path and name in ("json", "query", "files") else f"{path}.{name}" if path else str(name)
        flat |= flat_errors(inner, deeper)
    return flat
