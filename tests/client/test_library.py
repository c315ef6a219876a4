"""The client library against a real server, and its types against what that server says of itself."""

from __future__ import annotations

import json
import subprocess
import tarfile
from pathlib import Path

import pytest
from flask import Flask

from chatstream.http.services import services
from chatstream.services.demo import Demo
from devkit.node import Node
from devkit.web import TYPES, Web
from tests.support.server import Server, command_environment
from tests.support.settings import WEBHOOK_TOKEN


def test_the_types_are_those_of_the_document(app: Flask, node: Node) -> None:
    document = app.test_client().get("/api/openapi.json").text
    made = Web().types(node, document)
    assert made == (Web().source / TYPES).read_text(), "run `make types` and commit what it changes"


def test_a_change_of_the_document_changes_the_types(app: Flask, node: Node) -> None:
    document = app.test_client().get("/api/openapi.json").json
    assert document is not None
    document["components"]["schemas"]["Chat"]["properties"]["title"]["type"] = "integer"
    assert Web().types(node, json.dumps(document)) != (Web().source / TYPES).read_text()


@pytest.fixture
def demo(app: Flask, server: Server, simulator: str) -> Server:
    """A server with the demo's accounts and agent."""
    with app.app_context():
        found = services()
        Demo(found.accounts, found.agents).seed(webhook_url=simulator, webhook_token=WEBHOOK_TOKEN)
    return server


@pytest.mark.timeout(300)
def test_it_speaks_with_a_real_server(demo: Server, node: Node, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    vitest = ("run", "test:live", "--workspace", "client", "--", "--reporter=json", f"--outputFile={report}")
    Web().run(node, *vitest, CHATSTREAM_URL=demo.url)
    outcome = json.loads(report.read_text())
    assert outcome["numPassedTests"] == outcome["numTotalTests"] > 10


@pytest.mark.parametrize(("example", "language"), [("conversation.ts", "ts"), ("ask.mjs", "js")])
def test_the_guide_shows_what_is_checked(example: str, language: str) -> None:
    """The compiler looks at the one with every `make web-test`; the other is run below."""
    client = Web().source / "client"
    program = (client / "examples" / example).read_text()
    assert f"```{language}\n{program}```" in (client / "README.md").read_text()


def test_the_package_works_in_node(demo: Server, node: Node, tmp_path: Path) -> None:
    """What would be published, with what npm installs beside it."""
    web = Web()
    program = (web.source / "client" / "examples" / "ask.mjs").read_text()
    web.run(node, "run", "build", "--workspace", "client")
    web.run(node, "pack", "--workspace", "client", "--silent", "--pack-destination", str(tmp_path))
    place = tmp_path / "node_modules" / "@chatstream" / "client"
    place.parent.mkdir(parents=True)
    (archive,) = tmp_path.glob("*.tgz")
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path, filter="data")
    (tmp_path / "package").rename(place)
    for name in ("eventsource-parser", "tough-cookie", "tldts", "tldts-core"):
        (place.parent.parent / name).symlink_to(web.source / "node_modules" / name)
    (tmp_path / "ask.mjs").write_text(program)
    command = ["node", str(tmp_path / "ask.mjs")]
    environ = node.environment(command_environment({"BASE": demo.url}))
    result = subprocess.run(command, env=environ, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.endswith("\ncomplete\n")
