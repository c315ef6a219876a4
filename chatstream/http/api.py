"""flask-smorest, with our body parser and our errors, and its documentation views left out (we serve our own)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import flask_smorest
from flask_smorest import Blueprint as SmorestBlueprint

from chatstream.http.json_bodies import BodyParser
from chatstream.schemas.common import Problem

View = TypeVar("View", bound=Callable[..., Any])

WORDS = {
    400: "The request can not be read",
    401: "Nobody is signed in",
    403: "The caller may not",
    404: "Not found, or not the caller's",
    409: "It does not fit the present state",
    413: "The body is too large",
    415: "The media type is not supported",
    422: "Some fields are not valid",
    429: "Too many requests; Retry-After says when to come back",
    502: "The workflow failed",
    503: "Something needed is not available; Retry-After says when to come back",
    504: "The workflow took too long",
}


class Api(flask_smorest.Api):  # type: ignore[misc]
    """Collects the OpenAPI document; errors are http/problems.py's work."""

    ERROR_SCHEMA = Problem

    def _register_error_handlers(self) -> None:
        pass


class Blueprint(SmorestBlueprint):  # type: ignore[misc]
    """A blueprint whose bodies are read strictly."""

    ARGUMENTS_PARSER = BodyParser()

    def route(self, rule: str, **options: Any) -> Callable[[View], View]:
        """Register a view function under ``rule``."""
        return cast("Callable[[View], View]", super().route(rule, **options))

    def arguments(self, schema: Any, **options: Any) -> Callable[[View], View]:
        """Load ``schema`` from the request and pass it to the view as its next positional argument."""
        if isinstance(schema, type):
            schema = schema()  # webargs would make one of a class for each request, fields and all
        return cast("Callable[[View], View]", super().arguments(schema, **options))

    def response(self, status_code: int, schema: Any = None, **options: Any) -> Callable[[View], View]:
        """Dump what the view returns with ``schema``; a Response goes out as it is."""
        return cast("Callable[[View], View]", super().response(status_code, schema, **options))

    def alt_response(self, status_code: int, response: Any = None, **options: Any) -> Callable[[View], View]:
        """Document another answer of the view."""
        document = super().alt_response(status_code, response, **options)

        def decorate(view: View) -> View:
            # the library's wrapper is there for its note alone, and would be called with each request
            view._apidoc = document(view)._apidoc  # type: ignore[attr-defined]
            return view

        return decorate

    def doc(self, **fields: Any) -> Callable[[View], View]:
        """Document what the other decorators can not see."""
        return cast("Callable[[View], View]", super().doc(**fields))

    def streams(self) -> Callable[[View], View]:
        """Document that the answer comes as a stream of events, unless one JSON document is asked for."""
        return self.alt_response(
            200,
            schema={"type": "string"},
            content_type="text/event-stream",
            description="The answer, whole or as it is written",
        )

    def problems(self, *statuses: int) -> Callable[[View], View]:
        """Document the error answers of a view."""

        def decorate(view: View) -> View:
            for status in statuses:
                view = self.alt_response(
                    status, schema=Problem, content_type="application/problem+json", description=WORDS[status]
                )(view)
            return view

        return decorate
