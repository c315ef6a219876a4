"""Who may import whom. Each layer reaches downwards only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "chatstream"

LAYERS = {
    # layer: what it may import of ours
    "config": set(),
    "errors": set(),
    "logs": {"config"},
    "metrics": set(),
    "tracing": set(),
    "gevent_psycopg2": set(),
    "pooled_connections": set(),
    "hit_counts": set(),
    "responses": set(),
    "extensions": set(),
    "models": {"extensions"},
    "n8n_sim": set(),
    "services": {"models", "extensions", "hit_counts", "errors", "logs", "metrics", "tracing"},
    "schemas": {"services", "errors"},
    "http": {"schemas", "services", "models", "extensions", "errors", "logs", "metrics", "tracing"},
    "blueprints": {"http", "schemas", "services", "models", "errors", "metrics"},
    "cli": {"http", "services", "models", "errors", "n8n_sim"},
}
"""The factory, ``chatstream/__init__.py``, may import everything; nobody imports it but wsgi.py."""

PURE = ["services/n8n.py", "services/outbound.py", "services/sse.py", "services/events.py", "services/decoders"]
"""Neither Flask nor the database."""

FORBIDDEN_NAMES = {
    "services": {"request", "current_app", "g", "has_request_context"},
    "blueprints": {"db"},
}


def modules(layer: str) -> list[Path]:
    folder = PACKAGE / layer
    return sorted(folder.rglob("*.py")) if folder.is_dir() else [PACKAGE / f"{layer}.py"]


def imports(path: Path) -> Iterator[tuple[str, str]]:
    """``(module, name)`` for everything that a file imports; name is empty for a plain import."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield from ((node.module or "", alias.name) for alias in node.names)


def test_every_module_is_in_a_layer() -> None:
    found = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert found - {"__init__", "__pycache__"} == set(LAYERS)


@pytest.mark.parametrize("layer", LAYERS)
def test_layers_reach_downwards_only(layer: str) -> None:
    for path in modules(layer):
        for module, name in imports(path):
            if module.split(".")[0] != "chatstream":
                continue
            target = module.split(".")[1] if "." in module else name
            assert target == layer or target in LAYERS[layer], f"{path.relative_to(ROOT)} imports {module}"


@pytest.mark.parametrize("layer", FORBIDDEN_NAMES)
def test_names_stay_where_they_belong(layer: str) -> None:
    for path in modules(layer):
        for module, name in imports(path):
            assert name not in FORBIDDEN_NAMES[layer], f"{path.relative_to(ROOT)} imports {name} from {module}"


@pytest.mark.parametrize("place", PURE)
def test_the_relay_is_pure(place: str) -> None:
    path = PACKAGE / place
    for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
        for module, _ in imports(file):
            top = module.split(".")[0]
            assert top not in ("flask", "sqlalchemy", "psycopg2", "marshmallow"), f"{file.name} imports {module}"
            assert module not in ("chatstream.extensions", "chatstream.models"), f"{file.name} imports {module}"


CALLERS = {
    "services/n8n.py": {"requests", "urllib3", "http", "ssl"},
    "services/outbound.py": {"requests", "urllib3", "socket", "ssl"},
    "services/socket_source.py": {"socket", "ssl"},  # reads from what is connected
    "services/upstream_errors.py": {"urllib3", "http", "ssl"},  # names exceptions, and calls nobody
}
"""Who may reach for the means of an outbound call; elsewhere an address would go unchecked."""

OUTBOUND = {"requests", "urllib3", "http", "socket", "ssl", "httpx", "aiohttp", "ftplib", "smtplib", "telnetlib"}
HARMLESS = {"http.HTTPStatus", "urllib.parse"}


def test_nobody_else_calls_out() -> None:
    for path in sorted(PACKAGE.rglob("*.py")):
        place = str(path.relative_to(PACKAGE))
        if place.startswith("n8n_sim/"):
            continue  # it listens; tests and demo only
        for module, name in imports(path):
            top = module.split(".")[0]
            means = top in OUTBOUND or module.startswith("urllib.request") or (name == "request" and top == "urllib")
            if means and f"{module}.{name}" not in HARMLESS:
                assert top in CALLERS.get(place, set()), f"{place} imports {module}"


def test_schemas_do_not_query() -> None:
    for path in modules("schemas"):
        for module, _ in imports(path):
            assert module.split(".")[0] not in ("flask", "sqlalchemy"), f"{path.name} imports {module}"


def test_no_imports_inside_functions_but_in_the_factory() -> None:
    for path in sorted(PACKAGE.rglob("*.py")):
        if path == PACKAGE / "__init__.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                inner = [n for n in ast.walk(node) if isinstance(n, ast.Import | ast.ImportFrom)]
                assert not inner, f"{path.relative_to(ROOT)}: {node.name} imports"


def test_the_configuration_is_light() -> None:
    """gunicorn.conf.py imports it before gevent has patched the process."""
    standard = {
        "__future__",
        "base64",
        "binascii",
        "collections",
        "dataclasses",
        "importlib",
        "os",
        "pathlib",
        "re",
        "typing",
        "urllib",
    }
    assert {module.split(".")[0] for module, _ in imports(PACKAGE / "config.py")} <= standard


def test_only_the_configuration_reads_the_environment() -> None:
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.name != "config.py":
            text = path.read_text()
            assert "os.environ" not in text, path
            assert "getenv" not in text, path


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_and_functions_stay_small(path: Path) -> None:
    source = path.read_text()
    assert source.count("\n") <= 400, "an idea is missing"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= 50, f"{node.name} has {length} lines"
