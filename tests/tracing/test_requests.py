"""Requests that end in other ways than by a closed answer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask, Response, abort

from chatstream.http.traces import trace_requests
from chatstream.tracing.otel import OtelTracing
from tests.support.collector import Collector


def killed() -> Response:
    """As by gevent, or a signal."""
    raise SystemExit


def sent_as_it_is() -> Response:
    """As a file is: Flask does not close it."""
    return Response(iter([b"file"]), direct_passthrough=True)


@pytest.mark.parametrize(
    ("view", "error"),
    [(killed, "SystemExit"), (sent_as_it_is, None), (lambda: abort(503), "503"), (lambda: "fine", None)],
)
def test_a_span_ends_and_nothing_is_current_afterwards(
    tracing: OtelTracing, collector: Collector, view: Callable[[], Response], error: str | None
) -> None:
    app = Flask("traced")
    app.add_url_rule("/place/<number>", "view", lambda number: view())
    trace_requests(app, tracing)
    seen: list[dict[str, str]] = []
    app.before_request(lambda: seen.append(tracing.ids()))
    client = app.test_client()
    if view is killed:
        with pytest.raises(SystemExit):
            client.get("/place/1")
    else:
        client.get("/place/1").close()
    assert tracing.ids() == {}
    tracing.close(5)
    (span,) = collector.spans
    assert span.name == ("request" if view is killed else "GET /place/<number>")
    assert seen == [{"trace_id": span.trace_id, "span_id": span.span_id}]
    assert span.attributes.get("error.type") == error
    assert span.is_error == (error is not None)
