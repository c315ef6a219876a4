"""docs/DEPLOYMENT.md and what it speaks of agree."""

from __future__ import annotations

import re

from tests.deploy.test_monitoring import alerts
from tests.support.server import ROOT

PAGE = (ROOT / "docs" / "DEPLOYMENT.md").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
SAID_OTHERWISE = {"WEB_CONCURRENCY", "REDIS_URL"}
"""Their value in .env.example is one to change and no default."""


def test_the_settings_are_those_of_the_example_with_its_defaults() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.*?) \| .+ \|$", PAGE, re.MULTILINE)
    documented = {name: default.strip("` ") for name, default in rows}
    assert len(documented) == len(rows)
    optional = dict(re.findall(r"^# ([A-Z][A-Z0-9_]+)=(.*)$", EXAMPLE, re.MULTILINE))
    required = dict.fromkeys(re.findall(r"^([A-Z][A-Z0-9_]+)=", EXAMPLE, re.MULTILINE), "required")
    offered = required | optional
    assert set(documented) == set(offered)
    for name in set(offered) - SAID_OTHERWISE - {"DATABASE_DIRECT_URL"}:
        assert documented[name] == offered[name], name


def test_it_counts_the_alerts_rightly() -> None:
    assert f": {len(alerts())} alerts," in PAGE
