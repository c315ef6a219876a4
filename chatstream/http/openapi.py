"""The OpenAPI document: what the blueprints say, and who may call."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any

from flask import Flask

from chatstream.http.api import Api
from chatstream.http.policy import policy_of

SCHEME = "session"
_PARAMETER = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")


class Contract:
    """The document of an application, made when it is first asked for."""

    def __init__(self, api: Api, app: Flask) -> None:
        self._api = api
        self._app = app

    @cached_property
    def document(self) -> dict[str, Any]:
        """As JSON has it."""
        return _with_policies(self._api.spec.to_dict(), self._app)


def _with_policies(document: dict[str, Any], app: Flask) -> dict[str, Any]:
    """``document`` with the session cookie as security scheme, on every operation that is not public."""
    cookie = {"type": "apiKey", "in": "cookie", "name": app.config["JWT_ACCESS_COOKIE_NAME"]}
    document.setdefault("components", {})["securitySchemes"] = {SCHEME: cookie}
    for rule in app.url_map.iter_rules():
        path = document["paths"].get(_PARAMETER.sub(r"{\1}", rule.rule), {})
        policy = policy_of(app.view_functions[rule.endpoint])
        for method in rule.methods or ():
            operation = path.get(method.lower())
            if operation is not None and policy != "public":
                operation["security"] = [{SCHEME: []}]
    return document
