"""docs/REFERENCE.md, made from the code: everything that has a name which somebody outside relies on.

``make reference`` writes the page, and a test compares it. Words come from where the thing is (docstrings, help texts,
descriptions of metrics); what the code can not say of itself stands in these modules, beside the names it is said of.
A name that nothing is said of, and words about a name that is gone, raise Unexplained.
"""

from __future__ import annotations

from flask import Flask

from devkit.reference import audit_actions, commands, log_events, metrics, problems, routes, stream_events

_HEAD = """# Reference

<!-- Made by `make reference`: change the words in the code, not here. -->

Every route, event, error code, command, metric and log line there is. Settings are in
[DEPLOYMENT.md](DEPLOYMENT.md#settings); bodies and answers of the routes, field by field, at `/api/docs` and in
`/api/openapi.json` of a running server; how to write a client is in [STREAMING_API_GUIDE.md](STREAMING_API_GUIDE.md).

- [Routes](#routes)
- [Events of a stream](#events-of-a-stream)
- [Error codes](#error-codes)
- [Commands](#commands)
- [Metrics](#metrics)
- [Log lines](#log-lines)
- [Audit trail](#audit-trail)
"""


def page(app: Flask) -> str:
    """The whole page, as Markdown. Raises Unexplained."""
    sections = (
        routes.section(app),
        stream_events.section(),
        problems.section(),
        commands.section(app),
        metrics.section(),
        log_events.section(),
        audit_actions.section(),
    )
    return "\n".join((_HEAD, *sections))
