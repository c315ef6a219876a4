"""Security headers on every answer, whoever makes it: views, errors, files, and the refusal of a full worker.

A view that needs another word (the documentation page its own policy) sets the header itself, and keeps it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",  # pages of CORS_ORIGINS ask in CORS mode, which this leaves alone
    "Permissions-Policy": "accelerometer=(), camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Living browsers have no such filter, and those that had one were only harmed by it without "mode=block".
    "X-XSS-Protection": "1; mode=block",
}
HSTS: Final = ("Strict-Transport-Security", "max-age=31536000")
"""A year, over TLS only (RFC 6797, section 7.2); other hosts of the domain are not ours to speak for."""


class SecurityHeaders:
    """WSGI middleware: adds what an answer has not set itself. Behind ProxyFix, which tells it of TLS at the proxy."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Pass the request on, and complete the headers of its answer."""

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            present = {name.lower() for name, _ in headers}
            added = [(name, value) for name, value in HEADERS.items() if name.lower() not in present]
            if environ["wsgi.url_scheme"] == "https":
                added.append(HSTS)
            return start_response(status, [*headers, *added], *more)

        return self._app(environ, start)
