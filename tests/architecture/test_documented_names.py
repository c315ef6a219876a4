"""What the pages call by name is there: files, settings, commands, targets, routes, metrics and codes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest
from flask import Flask

from chatstream.errors import ChatStreamError
from devkit.reference import metrics, problems, routes
from tests.architecture.test_imports import LAYERS
from tests.support.pages import PAGES, ROOT, code

PAGES_OF_CODE = [(page, "\n".join(code(page))) for page in PAGES]
FOLDERS = "tests|chatstream|benchmarks|deploy|docs|scripts|devkit|migrations"
BESIDE = ("chatstream", "tests", "tests/faults", "tests/streaming", "tests/services", "docs", "deploy")
"""Where a file may be that a page calls by the end of its path."""
SOURCES = "".join(
    path.read_text()
    for folder in ("chatstream", "tests", "benchmarks", "deploy", "scripts", "devkit", "Makefile", ".env.example")
    for path in ([ROOT / folder] if (ROOT / folder).is_file() else (ROOT / folder).rglob("*"))
    if path.is_file() and path.suffix in (".py", ".sh", ".yaml", ".yml", ".conf", ".example", "", ".service")
)


def found(pattern: str) -> Iterator[tuple[str, str]]:
    """``(page, name)`` of what looks like a name of one kind."""
    for page, text in PAGES_OF_CODE:
        yield from ((page.name, name) for name in re.findall(pattern, text))


def missing(names: Iterator[tuple[str, str]], known: set[str]) -> list[tuple[str, str]]:
    """Those that are not known. There must have been some to look at."""
    looked_at = list(names)
    assert looked_at
    return sorted({(page, name) for page, name in looked_at if name not in known})


def exists(name: str) -> bool:
    places = [ROOT, *(ROOT / folder for folder in BESIDE)]
    return any(list(place.glob(name)) for place in places)


def test_files() -> None:
    names = set(found(rf"(?<![\w./@-])((?:{FOLDERS}|services|http|metrics|blueprints|n8n)/[\w./*-]*\w/?)"))
    names |= set(found(r"(?<![\w./-])([\w*]+\.py)\b"))
    assert len(names) > 150
    made = ("n8n-sim.port", "chatstream/static/app/")
    """By an example, and by the build of the web client."""
    assert sorted((page, name) for page, name in names if not (name in made or exists(name.rstrip("/")))) == []


def test_modules() -> None:
    there = {f"benchmarks.{path.stem}" for path in (ROOT / "benchmarks").glob("*.py")} | {"devkit.reference"}
    assert missing(found(r"python3? -m ((?:benchmarks|devkit)\.\w+)"), there) == []


def test_variables() -> None:
    """Settings, and what tests and examples read: words in capitals that the code does not know are out of date."""
    names = found(r"\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\b")
    known = set(re.findall(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b", SOURCES))
    assert missing(names, known) == []


def test_commands(app: Flask) -> None:
    """``flask group name``; alternatives with slashes are taken apart."""

    def walk(path: str, command: click.Command) -> Iterator[str]:
        yield path
        if isinstance(command, click.Group):
            for name, below in command.commands.items():
                yield from walk(f"{path} {name}", below)

    known = {path for command in app.cli.commands.values() for path in walk(str(command.name), command)}
    known |= {"routes", "shell", "run"}
    for page, text in PAGES_OF_CODE:
        for line in re.findall(r"\bflask (?:--app wsgi )?([a-z][\w /-]*)", text):
            first, *more = line.split()
            assert first in known, f"{page.name}: flask {line}"
            if any(name.startswith(f"{first} ") for name in known):
                for name in more[:1] if "/" not in more else [word for word in more if word != "/"]:
                    assert f"{first} {name}" in known, f"{page.name}: flask {line}"


def test_targets() -> None:
    known = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert missing(found(r"\bmake ([a-z]+)\b"), known) == []


def test_routes(app: Flask) -> None:
    """A path that is cut short by an ellipsis is that of any route which ends so."""
    known = {
        f"{method} {re.sub(r'{[^}]+}', '{}', routes.path_of(rule)).rstrip('/')}"
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
    }
    for page, text in PAGES_OF_CODE:
        if page.name == "N8N_SIMULATOR.md":
            continue  # the simulator has routes of its own
        for method, path in re.findall(r"\b(GET|POST|PUT|PATCH|DELETE) ((?:/|…/)[\w{}/.…-]*)", text):
            name = re.sub(r"{[^}]+}", "{}", path).rstrip("/.")
            if "…" in name:
                ends = name.split("…")[-1].removesuffix("/")
                assert any(route.startswith(method) and route.endswith(ends) for route in known), (page.name, path)
            elif not name.endswith("/webhook/chatstream"):
                assert f"{method} {name}" in known, (page.name, path)


def test_metrics() -> None:
    known = {name for name, _ in metrics.all_metrics()}
    assert missing(found(r"\b(chatstream_[a-z_]+)\b"), known) == []


def test_codes() -> None:
    """Behind their status, or by the names that failures of workflows have."""
    known = {kind.code for kind in problems._tree(ChatStreamError)} | set(problems.PROTOCOL) | set(problems.PROXY)
    named = [
        (page.name, name)
        for page in PAGES
        for names in re.findall(r"\b(?:4\d\d|50\d) (?:\| )?((?:`[a-z_]+`(?:, )?)+)", page.read_text())
        for name in re.findall(r"`([a-z_]+)`", names)
    ]
    assert len(named) > 20
    assert missing(iter(named), known) == []
    assert missing(found(r"(?m)^(upstream_[a-z_]+)$"), known) == []


@pytest.mark.parametrize("layer", LAYERS)
def test_every_room_is_told(layer: str) -> None:
    name = f"chatstream/{layer}/" if (ROOT / "chatstream" / layer).is_dir() else f"chatstream/{layer}.py"
    assert f"| `{name}` |" in (ROOT / "docs" / "ARCHITECTURE.md").read_text()


def test_every_folder_is_told() -> None:
    page = (ROOT / "docs" / "ARCHITECTURE.md").read_text()
    for parent, rule in (
        (ROOT, "*/*.py"),
        (ROOT / "chatstream" / "services", "*/__init__.py"),
        (ROOT / "tests", "*/*"),
    ):
        for folder in sorted({path.parent for path in parent.glob(rule)}):
            if folder.name[0] not in "._":
                assert f"| `{folder.relative_to(ROOT)}/` |" in page or folder.name == "chatstream", folder


def test_what_the_summary_claims_has_a_file_and_a_test() -> None:
    there = (ROOT / "docs" / "IMPLEMENTATION_SUMMARY.md").read_text().split("## What was decided")[0]
    rows = [row for row in re.findall(r"^\| .*$", there, re.MULTILINE) if row != "| what | where | shown by |"]
    assert len(rows) > 40
    for row in rows:
        assert re.fullmatch(r"\| [^|]+ \| `[^|]+` \| `tests/[^|]+ \|", row), row


def test_no_page_is_left_out() -> None:
    assert set((ROOT / "docs").rglob("*.md")) <= set(PAGES)
