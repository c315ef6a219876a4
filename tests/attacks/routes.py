"""The table of routes: who gets what on each, and what a request must bring so that the policy is what answers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import requests
from flask import Flask

from chatstream.http.policy import policy_of
from tests.support.cast import CALLERS, Cast, Things, picture
from tests.support.world import PASSWORD


def expect(words: str) -> dict[str, str]:
    return dict(zip(CALLERS, words.split(), strict=True))


# caller:              owner peer admin foreigner f.admin nobody deactivated demoted signed-out
PUBLIC = expect("      ok    ok   ok    ok        ok      ok     ok          ok      ok")
SIGNED_IN = expect("   ok    ok   ok    ok        ok      401    401         ok      401")
"""What is the caller's own, or its team's, without an id."""
PERSONAL = expect("    ok    404  404   404       404     401    401         404     401")
TEAM = expect("        ok    ok   ok    404       404     401    401         ok      401")
TEAM_ADMIN = expect("  403   403  ok    403       404     401    401         403     401")
OWN_ADMIN = expect("   403   403  ok    403       ok      401    401         403     401")
"""What an admin does without an id: in its own team."""


@dataclass(frozen=True, slots=True)
class Row:
    """What a route needs to be let through: a body, a file, or an answer that is running meanwhile."""

    outcomes: dict[str, str]
    body: Any = None
    live: bool = False
    files: bool = False
    query: str = ""
    path: str = ""
    """Instead of the rule, where that has something to fill in which is no id."""
    accept: str = "*/*"
    is_document: bool = False
    """The body is one that we have written: what counts for nothing in it is passed over."""
    ids: dict[str, str] = field(default_factory=dict)
    """Names of things that stand for others in the path."""


ROUTES = {
    "GET /healthz": Row(PUBLIC),
    "GET /metrics": Row(PUBLIC),
    "GET /api/error-logs/": Row(OWN_ADMIN),
    "GET /readyz": Row(PUBLIC),
    "GET /api/openapi.json": Row(PUBLIC),
    "GET /api/docs": Row(PUBLIC),
    "GET /docs-assets/start.js": Row(PUBLIC),
    "GET /docs-assets/<any('swagger-ui.css', 'swagger-ui-bundle.js'):name>": Row(PUBLIC),
    "GET /": Row(PUBLIC),
    "GET /<page:path>": Row(PUBLIC, path="/chats/some-chat", accept="text/html"),
    "GET /assets/<path:name>": Row(PUBLIC, path="/assets/app-a1b2.js"),
    "POST /api/auth/register": Row(
        PUBLIC, {"email": "{new_address}", "password": "a fine password", "team_id": "{team_id}"}
    ),
    "POST /api/auth/login": Row(PUBLIC, {"email": "{owner}", "password": PASSWORD}),
    "POST /api/auth/password-reset": Row(PUBLIC, {"token": "{reset_token}", "new_password": "a fine password"}),
    "POST /api/auth/logout": Row(PUBLIC),
    "POST /api/auth/refresh": Row(SIGNED_IN),
    "GET /api/auth/me": Row(SIGNED_IN),
    "POST /api/auth/password": Row(SIGNED_IN, {"current_password": PASSWORD, "new_password": "another fine password"}),
    "GET /api/auth/sessions/": Row(SIGNED_IN),
    "DELETE /api/auth/sessions/<uuid:session_id>": Row(PERSONAL),
    "GET /api/team/": Row(OWN_ADMIN),
    "PATCH /api/team/": Row(OWN_ADMIN, {"name": "Renamed"}),
    "GET /api/team/activity/": Row(OWN_ADMIN),
    "GET /api/users/": Row(OWN_ADMIN),
    "PATCH /api/users/<uuid:user_id>": Row(TEAM_ADMIN, {"role": "admin"}),
    "POST /api/users/<uuid:user_id>/password-reset": Row(TEAM_ADMIN),
    "GET /api/invites/": Row(OWN_ADMIN),
    "POST /api/invites/": Row(OWN_ADMIN, {"email": "{new_address}", "role": "admin"}),
    "DELETE /api/invites/<uuid:invite_id>": Row(TEAM_ADMIN),
    "GET /api/audit/": Row(OWN_ADMIN),
    "GET /api/agents/": Row(SIGNED_IN),
    "POST /api/agents/": Row(OWN_ADMIN, {"name": "Agent", "webhook_url": "{webhook}"}),
    "GET /api/agents/<uuid:agent_id>": Row(TEAM),
    "PUT /api/agents/<uuid:agent_id>": Row(TEAM_ADMIN, {"name": "Renamed"}),
    "DELETE /api/agents/<uuid:agent_id>": Row(TEAM_ADMIN),
    "POST /api/agents/<uuid:agent_id>/test": Row(TEAM_ADMIN),
    "GET /api/agents/<uuid:agent_id>/avatar": Row(TEAM),
    "POST /api/agents/<uuid:agent_id>/avatar": Row(TEAM_ADMIN, files=True),
    "DELETE /api/agents/<uuid:agent_id>/avatar": Row(TEAM_ADMIN),
    "GET /api/chats/": Row(SIGNED_IN),
    "POST /api/chats/": Row(TEAM, {"agent_id": "{agent_id}"}),
    "GET /api/chats/<uuid:chat_id>": Row(PERSONAL),
    "PUT /api/chats/<uuid:chat_id>": Row(PERSONAL, {"title": "Renamed"}),
    "DELETE /api/chats/<uuid:chat_id>": Row(PERSONAL, live=True),
    "POST /api/chats/<uuid:chat_id>/messages": Row(PERSONAL, {"content": "Hello"}),
    "POST /api/chats/<uuid:chat_id>/regenerate": Row(PERSONAL),
    "PUT /api/chats/<uuid:chat_id>/messages/<uuid:message_id>": Row(PERSONAL, {"content": "Hello again"}),
    "GET /api/chats/<uuid:chat_id>/messages/<uuid:message_id>/versions": Row(PERSONAL),
    "POST /api/chats/<uuid:chat_id>/messages/<uuid:message_id>/versions/<int:n>/restore": Row(PERSONAL),
    "PUT /api/chats/<uuid:chat_id>/messages/<uuid:message_id>/feedback": Row(
        PERSONAL, {"rating": "up"}, ids={"message_id": "answer_id"}
    ),
    "GET /api/chats/<uuid:chat_id>/export": Row(PERSONAL),
    "POST /api/chats/import": Row(
        TEAM, {"version": 1, "agent_id": "{agent_id}", "title": "Imported", "messages": []}, is_document=True
    ),
    "POST /api/chats/bulk": Row(SIGNED_IN, {"ids": ["{chat_id}"], "action": "archive"}),
    "GET /api/search/": Row(SIGNED_IN, query="?q=Canary"),
    "GET /api/agents/<uuid:agent_id>/feedback": Row(TEAM_ADMIN),
    "GET /api/chats/<uuid:chat_id>/stream": Row(PERSONAL, live=True),
    "POST /api/chats/<uuid:chat_id>/stop": Row(PERSONAL, live=True),
}


def routes_of(app: Flask) -> set[str]:
    """``METHOD rule`` of every route that the application has."""
    return {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


class Asking:
    """Sends one route's request, as anybody and about anything."""

    def __init__(self, cast: Cast, route: str) -> None:
        self.row = ROUTES[route]
        self.method, rule = route.split(" ", 1)
        self._cast = cast
        rule = self.row.path or rule
        rule = re.sub(r":(\w+)>", lambda name: f":{self.row.ids.get(name[1], name[1])}>", rule)
        self._path = (
            re.sub(r"<any\('([^']+)'.*>", r"\1", re.sub(r"<(?:uuid|int):(\w+)>", r"{\1}", rule)) + self.row.query
        )

    def path(self, things: Things) -> str:
        """The route's path to one of ``things``."""
        return str(things.fill(self._path))

    def ask(self, caller: str, things: Things, **options: Any) -> requests.Response:
        """The answer, whose body is still to be read. ``options`` replace the good body, or add headers."""
        person = self._cast.callers[caller]
        sent = {"files": {"file": ("face.png", picture())}} if self.row.files else {"json": things.fill(self.row.body)}
        headers = {"Accept": self.row.accept, **options.pop("headers", {})}
        sent = {} if "data" in options else sent
        request = {"stream": True, "timeout": 30, **sent, **options, "headers": headers}
        return person.http.request(self.method, person.url + self.path(things), **request)


def lists_of(app: Flask) -> list[str]:
    """The routes that are read without naming anything, by whoever is signed in: lists, and the caller's own."""
    return [
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ())
        and not rule.arguments
        and policy_of(app.view_functions[rule.endpoint]) != "public"
    ]
