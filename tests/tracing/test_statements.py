"""Statements as spans, on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from chatstream.services.query_spans import trace_statements
from chatstream.tracing.otel import OtelTracing
from devkit.embedded_postgres import EmbeddedPostgres
from tests.support.collector import Collector


@pytest.fixture
def engine(postgres: EmbeddedPostgres, tracing: OtelTracing) -> Iterator[Engine]:
    """Traced."""
    engine = create_engine(postgres.url("postgres").replace("postgresql:", "postgresql+psycopg2:"))
    trace_statements(engine, tracing)
    yield engine
    engine.dispose()


def test_statements_are_told_without_what_they_carry(
    engine: Engine, tracing: OtelTracing, collector: Collector
) -> None:
    with engine.connect() as connection:
        connection.execute(text("SELECT 'outside of a trace'"))
        parent = tracing.begin("work")
        with parent.current():
            connection.execute(text("CREATE TEMPORARY TABLE things (name text UNIQUE)"))
            insert = text("INSERT INTO things (name) VALUES (:name)")
            connection.execute(insert, [{"name": "canary-1"}, {"name": "canary-2"}])
            with pytest.raises(DBAPIError, match="canary-1"), connection.begin_nested():
                connection.execute(insert, {"name": "canary-1"})
            connection.execute(text("SELECT upper(:name)"), {"name": "canary-2"})
            long = text("SELECT name FROM things WHERE name = :name" + " OR name = :name" * 1000)
            assert connection.execute(long, {"name": "canary-2"}).scalar() == "canary-2"
        connection.execute(text("SELECT 'outside again'"))
        parent.end()
        with parent.current():
            connection.execute(text("SELECT 'too late'"))
    tracing.close(5)
    (work,) = collector.named("work")
    good, bad = collector.named("INSERT things")
    assert {span.name for span in collector.children(work)} >= {
        *("CREATE", "INSERT things", "SELECT things", "SELECT upper"),
    }
    assert (good.is_error, bad.is_error, bad.said) == (False, True, "")
    assert bad.attributes["error.type"] == "UniqueViolation"
    assert bad.attributes["db.response.status_code"] == "23505"
    assert good.attributes["db.query.text"] == "INSERT INTO things (name) VALUES (%(name)s)"
    assert good.attributes["db.system.name"] == "postgresql"
    assert len(collector.named("SELECT things")[0].attributes["db.query.text"]) == 4000
    assert b"canary" not in collector.raw
    assert not any("outside" in span.attributes.get("db.query.text", "") for span in collector.spans)
    assert b"too late" not in collector.raw


def test_a_span_ends_once(tracing: OtelTracing, collector: Collector) -> None:
    span = tracing.begin("work", attributes={"text": "x", "number": 1, "none": None, "other": ("a", 1)})
    span.end({"first": True})
    span.end({"second": True}, error="late")
    tracing.close(5)
    (work,) = collector.named("work")
    assert work.attributes == {"text": "x", "number": 1, "other": "('a', 1)", "first": True}
    assert not work.is_error
    assert tracing.ids() == {}
