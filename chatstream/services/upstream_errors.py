"""HTTP statuses and exceptions of a workflow's call, as the failures that ChatStream names."""

from __future__ import annotations

import http.client
import json
import re
import ssl
from collections.abc import Iterator, Sequence

import urllib3

from chatstream.errors import (
    UpstreamError,
    UpstreamNotFound,
    UpstreamRateLimited,
    UpstreamRefused,
)
from chatstream.services.decoders.documents import words_of

MAX_SAID = 500

REDIRECT_ADVICE = (
    "The workflow's address redirects, and redirects are not followed. Ask the admin of your team to enter the final "
    "address."
)

_BY_STATUS: dict[int, type[UpstreamError]] = {
    401: UpstreamRefused,
    403: UpstreamRefused,
    404: UpstreamNotFound,
    429: UpstreamRateLimited,
}

_BEARER = re.compile(r"\b(bearer|basic)\s+[^\s\"',;]+", re.IGNORECASE)
_URL = re.compile(r"\b([a-z][a-z0-9+.-]*)://[^\s/?#\"'<>\\]+", re.IGNORECASE)
_IPV4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?(?![\w.]*\w)")
_IPV6 = re.compile(
    r"\[[0-9a-f:.]*:[0-9a-f:.]*(?:%\w+)?\](?::\d+)?"
    r"|(?<![\w:.])(?=[0-9a-f:.]*::|(?:[0-9a-f]+:){7})[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:\.\d{1,3}){0,3}(?![\w:])",
    re.IGNORECASE,
)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_TAG = re.compile(r"<[^<>]*>")


def cleaned(said: str | None, *, token: str | None = None, host: str | None = None) -> str | None:
    """What a workflow or the network said, fit for admins and error_logs; None where nothing is left.

    Without the agent's ``token`` or any other in an Authorization header's form, without hosts of URLs, the webhook's
    own ``host``, addresses and control characters; at most 500 characters.
    """
    if not said:
        return None
    for secret, shown in ((token, "[token]"), (host, "[host]")):
        if secret and len(secret) > 2:
            said = re.sub(re.escape(secret), shown, said, flags=re.IGNORECASE)
            said = _without_cut_end(said, secret)
    said = _BEARER.sub(r"\1 [token]", said)
    said = _URL.sub(r"\1://[host]", said)
    said = _IPV6.sub("[address]", said)
    said = _IPV4.sub("[address]", said)
    said = _UNPRINTABLE.sub(" ", said).strip()
    return (said if len(said) <= MAX_SAID else said[: MAX_SAID - 1] + "…") or None


def _without_cut_end(said: str, secret: str) -> str:
    """``said`` may have been cut in the middle of the secret."""
    for length in range(min(len(secret), len(said)) - 1, 5, -1):
        if said[-length:] == secret[:length]:
            return said[:-length]
    return said


def of_status(status: int, body: bytes) -> UpstreamError:
    """The failure that a status other than 2xx stands for; ``body``: its first bytes, for what they say."""
    said = f"HTTP {status}"
    words = _words(body)
    if words:
        said = f"{said}: {words}"
    if 300 <= status < 400:
        return UpstreamError(said, advice=REDIRECT_ADVICE, upstream_status=status)
    return _BY_STATUS.get(status, UpstreamError)(said, upstream_status=status)


def _words(body: bytes) -> str:
    text = body.decode("utf-8", "replace")
    try:
        words = words_of(json.loads(text))
    except (ValueError, RecursionError):
        words = _TAG.sub(" ", text)
    return " ".join((words or "").split())


def reason_of(error: BaseException) -> str:
    """A network failure in a few words: the innermost cause, without the addresses that its message would name."""
    innermost: BaseException = error
    closed = False
    for cause in _chain(error):
        innermost = cause
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"The certificate is not valid: {cause.verify_message}."
        if isinstance(cause, ssl.SSLError):
            return f"TLS failed: {cause.reason or 'error'}."
        if isinstance(cause, OSError) and cause.errno and cause.strerror:
            return f"{cause.strerror}."
        closed = closed or isinstance(cause, urllib3.exceptions.ProtocolError | http.client.IncompleteRead)
    if closed:
        return "The connection was closed."
    return f"{type(innermost).__name__}."


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting: Sequence[object] = (error,)
    while waiting:
        first, *others = waiting
        waiting = others
        if not isinstance(first, BaseException) or id(first) in seen:
            continue
        seen.add(id(first))
        yield first
        waiting = [*others, getattr(first, "reason", None), first.__cause__, first.__context__, *first.args]
