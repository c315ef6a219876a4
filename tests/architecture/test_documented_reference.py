"""docs/REFERENCE.md says what the code says, and of everything."""

from __future__ import annotations

import difflib
import re

import click
import pytest
from flask import Flask

from chatstream.errors import NotFound
from chatstream.http.policy import public
from devkit import reference
from devkit.reference import commands, log_events, metrics, problems, routes
from devkit.reference.markdown import Unexplained
from tests.support.pages import ROOT

PAGE = ROOT / "docs" / "REFERENCE.md"


def test_the_page_is_what_the_code_says(app: Flask) -> None:
    written, said = PAGE.read_text(), reference.page(app)
    changes = "\n".join(difflib.unified_diff(written.splitlines(), said.splitlines(), "written", "said", n=0))
    assert written == said, f"make reference writes it anew:\n{changes}"


def test_the_page_has_all_there_is(app: Flask) -> None:
    """The other way round, without the code that makes the page."""
    page = PAGE.read_text()
    for rule in app.url_map.iter_rules():
        path = rule.rule.replace("<any('swagger-ui.css', 'swagger-ui-bundle.js'):", "{")
        path = re.sub(r"<(?:uuid|int|page|path):", "{", path).replace(">", "}")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            assert f"| `{method} {path}` |" in page
    names = app.test_client().get("/metrics").get_data(as_text=True)
    for line in names.splitlines():
        if line.startswith("# TYPE chatstream_") and not line.endswith("_created gauge"):
            name = line.split()[2]
            assert f"| `{name}` |" in page or f"| `{name}_total` |" in page


def test_what_nothing_is_said_of_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Teapot(NotFound):
        """Short and stout."""

        code = "teapot"

    monkeypatch.setattr(Teapot, "__module__", NotFound.__module__)
    with pytest.raises(Unexplained, match=r"problems.CLIENT: nothing is said of \['teapot'\]"):
        problems.section()


def test_words_about_what_is_gone_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_events, "EVENTS", {**log_events.EVENTS, "worker_gone": ((), "A worker left.")})
    with pytest.raises(Unexplained, match=r"not there any more: \['worker_gone'\]"):
        log_events.section()


def test_an_option_without_words_is_refused(app: Flask) -> None:
    silent = click.Command("silent", help="Says nothing.", params=[click.Option(["--how"])])
    with pytest.raises(Unexplained, match="the option --how has no help text"):
        commands._one("flask silent", silent)


def test_a_route_without_words_is_refused() -> None:
    app = Flask("x", static_folder=None)
    app.add_url_rule("/silent", "silent", public(lambda: "silent"))
    with pytest.raises(Unexplained, match="has no docstring"):
        routes.section(app)


def test_metrics_are_found() -> None:
    assert len(metrics.all_metrics()) > 25
