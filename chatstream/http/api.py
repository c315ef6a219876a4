"""flask-smorest, with our body parser and our errors, and its documentation views left out (we serve our own)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import flask_smorest
import gevent
from flask import Flask
from flask_smorest import Blueprint as SmorestBlueprint
from gevent.lock import RLock

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
    """Collects the OpenAPI document, once somebody asks for it; errors are http/problems.py's work.

    The document takes some 50 ms, which neither the start of a worker nor its streams are to spend on what few ever
    read: others have their turn after each blueprint.
    """

    ERROR_SCHEMA = Problem

    def __init__(self, app: Flask) -> None:
        self._blueprints: list[Blueprint] = []
        self._collecting = RLock()
        self._collected: Any = None
        super().__init__(app)

    @property
    def spec(self) -> Any:
        """apispec's document of all blueprints; while it is collected, what there is, to the collecting greenlet."""
        with self._collecting:
            if self._collected is None and self._blueprints:
                try:
                    self._collect()
                except BaseException:
                    self._collected = None  # half of it is not the contract
                    raise
            return self._collected

    @spec.setter
    def spec(self, value: Any) -> None:
        self._collected = value

    def register_blueprint(self, blueprint: Blueprint) -> None:
        """Register ``blueprint`` with the application, and keep it in mind for the document."""
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blueprint.name] = self
        self._app.register_blueprint(blueprint)
        self._blueprints.append(blueprint)

    def _collect(self) -> None:
        super()._init_spec()
        for blueprint in self._blueprints:
            blueprint.register_views_in_doc(self, self._app, self._collected, name=blueprint.name, parameters=None)
            self._collected.tag({"name": blueprint.name, "description": blueprint.description})
            gevent.sleep(0)

    def _init_spec(self, **_options: Any) -> None:
        pass

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
        """Document the error answers of a view.

        In one step: each ``alt_response`` wraps the view once more, and copies all that is documented so far.
        """
        first, *others = statuses
        words = {"schema": Problem, "content_type": "application/problem+json"}

        def decorate(view: View) -> View:
            wrapped = self.alt_response(first, description=WORDS[first], **words)(view)
            known = cast("Any", wrapped)._apidoc["response"]["responses"]
            for status in others:
                known.setdefault(status, []).append({**known[first][-1], "description": WORDS[status]})
            return wrapped

        return decorate
