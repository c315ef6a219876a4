"""Alerts and dashboard: they ask for metrics that exist, in queries that Prometheus takes, and say what to do."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.server import ROOT

PROMETHEUS = ROOT / "deploy" / "prometheus"
ALERTS = PROMETHEUS / "alerts.yml"
DASHBOARD = ROOT / "deploy" / "grafana" / "chatstream.json"
METRICS = {
    "chatstream_auth_attempts_total",
    "chatstream_db_pool_in_use",
    "chatstream_db_pool_size",
    "chatstream_db_query_duration_seconds",
    "chatstream_errors_total",
    "chatstream_first_token_seconds",
    "chatstream_generation_duration_seconds",
    "chatstream_generations_running",
    "chatstream_generations_total",
    "chatstream_http_request_duration_seconds",
    "chatstream_http_requests_total",
    "chatstream_messages_total",
    "chatstream_reaped_total",
    "chatstream_shared_log_write_duration_seconds",
    "chatstream_sse_connection_duration_seconds",
    "chatstream_sse_connections",
    "chatstream_upstream_failures_total",
}

promtool = shutil.which("promtool")
with_promtool = pytest.mark.skipif(promtool is None, reason="promtool is missing (Debian: apt install prometheus)")


def alerts() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def queries() -> list[str]:
    """Those of the dashboard."""
    panels = json.loads(DASHBOARD.read_text())["panels"]
    return [target["expr"] for panel in panels for target in panel.get("targets", [])]


def metrics_in(text: str) -> set[str]:
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in re.findall(r"chatstream_[a-z_]+", text)}


def promtool_says(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(promtool), *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert["alert"])
def test_an_alert_says_what_is_seen_and_what_to_do(alert: dict[str, Any]) -> None:
    assert set(alert["annotations"]) == {"summary", "description", "action"}
    assert all(len(words) > 20 for words in alert["annotations"].values())
    assert alert["labels"]["severity"] in ("warning", "critical")
    assert metrics_in(alert["expr"]) <= METRICS
    assert "chatstream" in alert["expr"]


def test_every_alert_is_tried() -> None:
    tests = (PROMETHEUS / "alerts_test.yml").read_text()
    assert all(re.search(rf"\b{alert['alert']}\b", tests) for alert in alerts())


def test_the_dashboard_shows_every_metric_and_no_other() -> None:
    assert set.union(*map(metrics_in, queries())) == METRICS


def test_the_panels_of_the_dashboard_do_not_overlap() -> None:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells


@with_promtool
def test_promtool_accepts_the_alerts_and_the_scrape() -> None:
    rules = promtool_says("check", "rules", ALERTS)
    assert rules.returncode == 0, rules.stderr
    scrape = promtool_says("check", "config", "--syntax-only", PROMETHEUS / "prometheus.yml")
    assert scrape.returncode == 0, scrape.stderr


@with_promtool
def test_alerts_fire_where_they_should() -> None:
    result = promtool_says("test", "rules", PROMETHEUS / "alerts_test.yml")
    assert result.returncode == 0, result.stdout + result.stderr


@with_promtool
def test_prometheus_takes_the_queries_of_the_dashboard(tmp_path: Path) -> None:
    filled = [query.replace("$instance", ".*").replace("$__rate_interval", "5m") for query in queries()]
    rules = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(filled)]
    file = tmp_path / "dashboard.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    result = promtool_says("check", "rules", file)
    assert result.returncode == 0, result.stderr
