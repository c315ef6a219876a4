"""Reading uploaded files: multipart/form-data of a few parts, held in memory and never named by what was sent."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import IO, Any

from flask import Request
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.formparser import FormDataParser

from chatstream.errors import BadRequest, InvalidFields, UnsupportedMediaType
from chatstream.services.avatars import MAX_BYTES

ENVELOPE_BYTES = 64 << 10
"""What the form may add to its file: boundaries and the headers of the parts."""
MAX_PARTS = 4
FORM_MEMORY_BYTES = 256 << 10
"""For headers, and for fields that are no files; werkzeug counts what it reads at once, 64 KiB, with them."""


def read_files(request: Request, read_body: Callable[[Request], bytes]) -> MultiDict[str, FileStorage]:
    """The files of a form, by field; ``read_body`` reads the body within the limit that is set here.

    Raises UnsupportedMediaType, BadRequest (not readable as multipart), InvalidFields (a field that is no file),
    werkzeug's RequestEntityTooLarge (too many bytes or parts), and what ``read_body`` raises.
    """
    if request.mimetype != "multipart/form-data":
        raise UnsupportedMediaType("Send the file as multipart/form-data.")
    request.max_content_length = MAX_BYTES + ENVELOPE_BYTES
    body = read_body(request)
    parser = FormDataParser(
        stream_factory=_in_memory,
        max_form_memory_size=FORM_MEMORY_BYTES,
        max_form_parts=MAX_PARTS,
        silent=False,
    )
    try:
        _, form, files = parser.parse(io.BytesIO(body), request.mimetype, len(body), request.mimetype_params)
    except ValueError:
        raise BadRequest("The body is not valid multipart/form-data.") from None
    if form:
        raise InvalidFields({name: ["Must be a file, with a file name."] for name in form})
    return files


def _in_memory(*_: Any, **__: Any) -> IO[bytes]:
    """The body is small, and in memory already; werkzeug's own choice would put it on the disk."""
    return io.BytesIO()
