"""The client library against a real server, and its types against what that server says of itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask

from chatstream.http.services import services
from chatstream.services.demo import Demo
from devkit.node import Node
from devkit.web import TYPES, Web
from tests.support.server import Server
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


@pytest.mark.timeout(300)
def test_it_speaks_with_a_real_server(app: Flask, server: Server, simulator: str, node: Node, tmp_path: Path) -> None:
    with app.app_context():
        found = services()
        Demo(found.accounts, found.agents).seed(webhook_url=simulator, webhook_token=WEBHOOK_TOKEN)
    report = tmp_path / "report.json"
    vitest = ("run", "test:live", "--workspace", "client", "--", "--reporter=json", f"--outputFile={report}")
    Web().run(node, *vitest, CHATSTREAM_URL=server.url)
    outcome = json.loads(report.read_text())
    assert outcome["numPassedTests"] == outcome["numTotalTests"] > 10
