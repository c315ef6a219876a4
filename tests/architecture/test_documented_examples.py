"""The guide's examples, taken out of the page and run against a real server."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from flask import Flask
from sqlalchemy import text

from chatstream.errors import UpstreamError
from chatstream.extensions import db
from chatstream.http.services import services
from chatstream.services.demo import Demo
from chatstream.services.events import Event
from devkit.reference import stream_events
from tests.support.server import ROOT, Server, command_environment
from tests.support.settings import WEBHOOK_TOKEN

GUIDE = ROOT / "docs" / "STREAMING_API_GUIDE.md"


def example(language: str) -> str:
    (block,) = re.findall(rf"^```{language}\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    return str(block)


@pytest.fixture
def demo(app: Flask, server: Server, simulator: str) -> Server:
    """A server with the demo data that the examples speak of."""
    with app.app_context():
        found = services()
        Demo(found.accounts, found.agents).seed(webhook_url=simulator, webhook_token=WEBHOOK_TOKEN)
        db.session.execute(text("UPDATE agents SET webhook_url = webhook_url || '?tokens=5&delay_ms=1'"))
        db.session.commit()
    return server


def run(command: list[str], server: Server, **more: str) -> str:
    result = subprocess.run(
        command,
        env=command_environment({"BASE": server.url, "URL": server.url, **more}),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stderr + result.stdout
    return result.stdout


def test_python(demo: Server, tmp_path: Path) -> None:
    script = tmp_path / "example.py"
    script.write_text(example("python"))
    assert "done {'message': 'Stream completed'" in run([sys.executable, "-W", "error", str(script)], demo)


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_curl(demo: Server) -> None:
    output = run(["bash", "-euo", "pipefail", "-c", example("bash")], demo)
    assert '"type": "done"' in output
    assert '"user_message"' in output


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_script(demo: Server) -> None:
    asked = {"EMAIL": "user@demo.example", "PASSWORD": "demo-user-password", "MESSAGE": 'quotes " and \\ ü'}
    plain = run(["bash", "scripts/test_streaming.sh"], demo, **asked)
    raw = run(["bash", "scripts/test_streaming.sh", demo.url], demo, **asked, RAW="1")
    assert plain.strip()
    assert '"type": "done"' in raw


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_javascript(demo: Server, tmp_path: Path) -> None:
    """The browser's code in node, which keeps no cookies: a fetch that does is handed in."""
    (tmp_path / "client.mjs").write_text(example("javascript"))
    (tmp_path / "run.mjs").write_text(
        """
        import assert from "node:assert";
        import { answerText, send } from "./client.mjs";
        const base = process.env.BASE;
        let cookie = "";
        async function withCookies(url, options = {}) {
          const response = await fetch(url, { ...options, headers: { ...options.headers, cookie } });
          const set = response.headers.getSetCookie();
          if (set.length) cookie = set.map((c) => c.split(";")[0]).join("; ");
          return response;
        }
        const headers = { "Content-Type": "application/json" };
        const json = (body) => ({ method: "POST", headers, body: JSON.stringify(body) });
        const login = { email: "user@demo.example", password: "demo-user-password" };
        await withCookies(`${base}/api/auth/login`, json(login));
        const agents = await (await withCookies(`${base}/api/agents/`)).json();
        const chat = await (await withCookies(`${base}/api/chats/`, json({ agent_id: agents.items[0].id }))).json();
        const events = [];
        const end = await send(base, chat.id, "Hello", (event) => events.push(event), { fetch: withCookies });
        assert.equal(end.type, "done");
        const stored = await (await withCookies(`${base}/api/chats/${chat.id}`)).json();
        assert.equal(answerText(events), stored.messages.at(-1).content);
        await assert.rejects(send(base, chat.id, "", () => {}, { fetch: withCookies }), { code: "validation_failed" });
        console.log("fine");
        """
    )
    assert run(["node", str(tmp_path / "run.mjs")], demo) == "fine\n"


def test_the_guide_names_every_event_and_every_failure_of_a_workflow() -> None:
    page = GUIDE.read_text()
    events = page.split("| type | data | what a client does |")[1].split("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)` ", events, re.MULTILINE)) == {
        stream_events.type_of(kind) for kind in get_args(Event)
    }
    (listed,) = re.findall(r"Errors in the stream have one of these codes: (.*?)\. Their", page, re.DOTALL)
    failures = {UpstreamError.code, *(kind.code for kind in UpstreamError.__subclasses__())}
    assert set(re.findall(r"`(\w+)`", listed)) == failures
