"""The metrics at ``GET /metrics``."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

from chatstream.metrics import instruments
from devkit.reference.markdown import code, codes, in_one_line, table

_TEXT = """## Metrics

At `GET /metrics`, summed over the workers of a node. A histogram is `…_bucket`, `…_sum` and `…_count`. What to watch
first is in [alerts.yml](../deploy/prometheus/alerts.yml).
"""


def section() -> str:
    """A table of everything that is counted, by name."""
    rows = [(code(name), _type(metric), codes(_labels(metric)), _words(metric)) for name, metric in all_metrics()]
    return f"{_TEXT}\n{table(('name', 'type', 'labels', 'meaning'), rows)}"


def all_metrics() -> list[tuple[str, MetricWrapperBase]]:
    """Each with the name that Prometheus sees, in the order of names."""
    found = [thing for thing in vars(instruments).values() if isinstance(thing, MetricWrapperBase)]
    return sorted((_name(metric), metric) for metric in found)


def _name(metric: MetricWrapperBase) -> str:
    (described,) = metric.describe()
    return f"{described.name}_total" if isinstance(metric, Counter) else described.name


def _type(metric: MetricWrapperBase) -> str:
    return next(kind.__name__.lower() for kind in (Counter, Gauge, Histogram) if isinstance(metric, kind))


def _labels(metric: MetricWrapperBase) -> tuple[str, ...]:
    return tuple(metric._labelnames)  # no public way to them


def _words(metric: MetricWrapperBase) -> str:
    (described,) = metric.describe()
    return in_one_line(described.documentation)
