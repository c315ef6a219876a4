"""Tracing by OpenTelemetry: the SDK, exporting by OTLP over HTTP, configured by the standard OTEL_* variables.

To be made in a worker, after gevent has patched it: the batch processor's thread is a greenlet then, and its waits and
its sockets let others run. Ended spans wait in a bounded queue; where the collector does not take them, the oldest are
dropped, and nobody else waits.

The instrumentations for Flask and SQLAlchemy are not used: they tell paths, queries, addresses and the texts of
database errors, which quote rows, and they make a trace of every heartbeat.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Final

import gevent
from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from chatstream.tracing.interface import NOTHING, Attributes, Kind, Span, Tracing

DEFAULT_NAME: Final = "chatstream"
"""``service.name`` where OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say nothing."""

_KINDS: Final[dict[Kind, SpanKind]] = {
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "internal": SpanKind.INTERNAL,
}
_propagator = TraceContextTextMapPropagator()
"""Not the one of OTEL_PROPAGATORS: baggage that strangers send shall not reach workflows."""


class OtelSpan(Span):
    """See Span."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span
        self._context = trace.set_span_in_context(span, Context())

    def note(self, attributes: Attributes) -> None:
        """See Span."""
        self._span.set_attributes(_values(attributes))

    def rename(self, name: str) -> None:
        """See Span."""
        self._span.update_name(name)

    def event(self, name: str) -> None:
        """See Span."""
        self._span.add_event(name)

    def end(self, attributes: Attributes = NOTHING, *, error: str | None = None) -> None:
        """See Span."""
        if not self._span.is_recording():
            return
        self.note({**attributes, "error.type": error})
        if error is not None:
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()

    @contextmanager
    def current(self) -> Iterator[None]:
        """See Span."""
        token = contexts.attach(self._context)
        try:
            yield
        finally:
            contexts.detach(token)

    def headers(self) -> dict[str, str]:
        """See Span."""
        headers: dict[str, str] = {}
        _propagator.inject(headers, self._context)
        return headers


class OtelTracing(Tracing):
    """See Tracing. ``continues``: requests go on with the trace and the sampling decision that they are sent with."""

    is_on = True

    def __init__(self, *, continues: bool) -> None:
        self._continues = continues
        self._exporter = OTLPSpanExporter()
        self._provider = TracerProvider(resource=_resource(), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        self._tracer = self._provider.get_tracer("chatstream")

    def begin(self, name: str, kind: Kind = "internal", attributes: Attributes = NOTHING) -> Span:
        """See Tracing."""
        return self._begin(name, kind, attributes, contexts.get_current())

    def begin_request(self, name: str, headers: Mapping[str, str]) -> Span:
        """See Tracing."""
        sent = _propagator.extract(headers, Context()) if self._continues else Context()
        return self._begin(name, "server", NOTHING, sent)

    def begin_within(self, name: str, kind: Kind, attributes: Attributes) -> Span | None:
        """See Tracing."""
        return self.begin(name, kind, attributes) if trace.get_current_span().is_recording() else None

    def ids(self) -> dict[str, str]:
        """See Tracing."""
        here = trace.get_current_span().get_span_context()
        if not here.is_valid:
            return {}
        return {"trace_id": trace.format_trace_id(here.trace_id), "span_id": trace.format_span_id(here.span_id)}

    def close(self, timeout: float) -> None:
        """See Tracing."""
        with suppress(gevent.Timeout), gevent.Timeout(timeout):
            self._provider.shutdown()

    def reaches_collector(self) -> bool:
        """See Tracing."""
        return self._exporter.export(()) is SpanExportResult.SUCCESS

    def _begin(self, name: str, kind: Kind, attributes: Attributes, parent: Context) -> Span:
        return OtelSpan(self._tracer.start_span(name, parent, _KINDS[kind], _values(attributes)))


def _resource() -> Resource:
    found = Resource.create()
    if str(found.attributes[SERVICE_NAME]).startswith("unknown_service"):
        return found.merge(Resource({SERVICE_NAME: DEFAULT_NAME}))
    return found


def _values(attributes: Attributes) -> dict[str, Any]:
    return {
        name: value if isinstance(value, str | int | float) else str(value)
        for name, value in attributes.items()
        if value is not None
    }
