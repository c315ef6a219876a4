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


def test_the_files_it_names_exist() -> None:
    names = re.findall(r"\b(?:deploy|scripts|tests|docs|benchmarks)/[\w./-]+\w", PAGE)
    assert len(names) > 10
    assert [name for name in names if not (ROOT / name).exists()] == []
    modules = re.findall(r"python -m (benchmarks\.\w+)", PAGE)
    assert [name for name in modules if not (ROOT / f"{name.replace('.', '/')}.py").exists()] == []


def test_its_links_lead_somewhere() -> None:
    headings = re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    for target in re.findall(r"\]\(([^)]+)\)", PAGE):
        path, _, anchor = target.partition("#")
        assert (ROOT / "docs" / path).exists(), target
        assert path or anchor in anchors, target


def test_it_counts_the_alerts_rightly() -> None:
    assert f": {len(alerts())} alerts," in PAGE
