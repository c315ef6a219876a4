"""Every route of the application: who may call it, which limit it has, and what its docstring says."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any, Final

from flask import Flask
from werkzeug.routing import Rule

from chatstream.http.policy import policy_of
from chatstream.http.rate_limits import rate_setting_of
from devkit.reference.markdown import Unexplained, code, table, words_of

_HEAD = """## Routes

*Everybody* needs no session; *signed in* is any active user; *admin* an admin, of its own team only. What is another
team's, or another user's where it is personal, is a 404. Unsafe methods of pages of other origins are refused.
*Limit* is the setting of the rate. A GET is also a HEAD; a path may end with a slash or not.
"""
_WHO: Final = {"public": "everybody", "user": "signed in", "admin": "admin"}
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
_CONVERTER: Final = re.compile(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>")


def section(app: Flask) -> str:
    """A table for each module of views, in the order of paths. Raises Unexplained for a view without a docstring."""
    groups: dict[str, list[Rule]] = {}
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        groups.setdefault(app.view_functions[rule.endpoint].__module__, []).append(rule)
    return "\n".join((_HEAD, *(_group(app, module, rules) for module, rules in groups.items())))


def _group(app: Flask, module: str, rules: list[Rule]) -> str:
    title = module.split(".")[-1].replace("_", " ").capitalize()
    rows = [row for rule in rules for row in _rows(app, rule)]
    head = ("call", "who", "limit", "what it does")
    return f"### {title}\n\n{words_of(sys.modules[module])}\n\n{table(head, rows)}"


def _rows(app: Flask, rule: Rule) -> Iterator[tuple[str, ...]]:
    view: Any = app.view_functions[rule.endpoint]
    policy, setting = policy_of(view), rate_setting_of(view)
    if policy is None:
        raise Unexplained(f"{rule.endpoint} has no policy")
    for method in _METHODS:
        if method in (rule.methods or ()):
            yield (code(f"{method} {path_of(rule)}"), _WHO[policy], code(setting) if setting else "", words_of(view))


def path_of(rule: Rule) -> str:
    """The path of a rule with its parameters in braces, as OpenAPI writes it."""
    return _CONVERTER.sub(r"{\1}", rule.rule)
