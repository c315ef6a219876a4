"""Every link of the pages leads to something that is there, headings included."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pages import PAGES, ROOT, anchors, links


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in links(page):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), target
        assert found.is_relative_to(ROOT.resolve()), target
        if anchor:
            assert anchor in anchors(found), target


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    waiting = [(ROOT / "README.md").resolve()]
    while waiting:
        page = waiting.pop()
        if page not in seen:
            seen.add(page)
            targets = (target.partition("#")[0] for target in links(page))
            waiting += [
                (page.parent / target).resolve() for target in targets if target.endswith(".md") and "://" not in target
            ]
    assert {page.resolve() for page in PAGES} <= seen
