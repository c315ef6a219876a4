"""The README's pictures, made by ``make screenshots`` from the app as it is. Not a test: pytest lends the servers."""

from __future__ import annotations

import io
import uuid
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from playwright.sync_api import Page, expect

from chatstream.extensions import db
from chatstream.services import transcripts
from devkit.web import ROOT
from tests.support.person import Person
from tests.support.server import Server
from tests.support.world import Account, World
from tests.web.browser import answers
from tests.web.conftest import Visit

IMAGES = ROOT / "docs" / "images"
LIMIT = 150_000
COLOURS = 128
"""Enough for flat surfaces and text."""

QUESTION = "Which orders of this week are late, and how do I find them myself?"
ANSWER = """\
Three orders have passed the date that was promised:

| Order | Customer | Promised | Late by |
|-------|----------|----------|--------:|
| 4711 | Northwind | Monday | 2 days |
| 4718 | Contoso | Monday | 2 days |
| 4725 | Fabrikam | Tuesday | 1 day |

The query behind it, for your own reports:

```sql
SELECT number, customer, promised_on
FROM orders
WHERE shipped_at IS NULL AND promised_on < current_date
ORDER BY promised_on;
```

**Northwind** has asked twice. Shall I draft a reply?
"""
TITLES = (
    "Draft a reply to Northwind",
    "Opening hours at Christmas",
    "Summary of the board meeting",
    "Onboarding checklist",
)


@pytest.fixture
def scene(app: Flask, world: World, server: Server) -> tuple[Account, str]:
    """Somebody with some chats, and the one to be shown."""
    account = world.account(world.team(name="Example Ltd"), name="Ada Martin")
    agent_id = world.agent(account.team_id)
    world.change_agent(account.team_id, agent_id, name="Order desk", description="Knows every order and its customer.")
    with Person(server.url, account) as person:
        titles = (*reversed(TITLES), "Late orders of this week")
        made = [person.post("/api/chats/", {"agent_id": agent_id, "title": title}).json()["id"] for title in titles]
    messages: list[dict[str, Any]] = [
        {"id": str(uuid.uuid4()), "role": "user", "content": QUESTION, "timestamp": "2026-11-25T09:41:00.000Z"},
        {"id": str(uuid.uuid4()), "role": "assistant", "content": ANSWER, "timestamp": "2026-11-25T09:41:08.000Z"}
        | {"status": "complete"},
    ]
    with app.app_context():
        transcripts.extend(uuid.UUID(made[-1]), messages)
        db.session.commit()
    return account, made[-1]


def keep(page: Page, name: str) -> None:
    """Store the page as a small PNG."""
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    IMAGES.mkdir(parents=True, exist_ok=True)
    path = IMAGES / f"{name}.png"
    shot.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    assert path.stat().st_size < LIMIT, f"{path} is too large"


@pytest.mark.parametrize(
    ("name", "size", "colours"),
    [
        ("conversation", {"width": 1200, "height": 780}, "light"),
        ("conversation-dark", {"width": 1200, "height": 780}, "dark"),
        ("phone", {"width": 390, "height": 780}, "light"),
    ],
)
def test_picture(visit: Visit, scene: tuple[Account, str], name: str, size: dict[str, int], colours: str) -> None:
    account, chat_id = scene
    page = visit(account, viewport=size, color_scheme=colours, locale="en-GB").open(f"/chats/{chat_id}")
    expect(answers(page)).to_contain_text("Shall I draft a reply?")
    expect(page.locator(".hljs-keyword").first).to_be_visible()
    expect(page.locator(".head-words")).to_contain_text("Order desk")
    page.locator(".transcript").evaluate("(element) => { element.scrollTop = 0; }")
    page.evaluate("document.activeElement.blur()")
    page.wait_for_timeout(300)
    keep(page, name)
