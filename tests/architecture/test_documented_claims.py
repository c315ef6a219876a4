"""docs/SECURITY.md names tests and modules that exist, and claims no requirement that it also disclaims."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "SECURITY.md").read_text()
CLAIMED, NOT_MET = PAGE.split("## OWASP ASVS 5.0")[1].split("What is not met")


def requirements(text: str) -> list[str]:
    """The ids in a text; ``V1.2.3 to V1.2.5`` is three of them."""
    found = []
    for chapter, section, first, last in re.findall(r"V(\d+)\.(\d+)\.(\d+)(?: to V\1\.\2\.(\d+))?", text):
        found += [f"V{chapter}.{section}.{number}" for number in range(int(first), int(last or first) + 1)]
    return found


def test_what_shows_a_claim_is_there() -> None:
    places = re.findall(r"`((?:tests|chatstream|benchmarks)/[\w/]+\.py)`", PAGE)
    assert len(places) > 60
    assert [place for place in places if not (ROOT / place).is_file()] == []
    for row in re.findall(r"^\| V.*$", CLAIMED, re.MULTILINE):
        assert ".py`" in row, row


def test_a_requirement_is_met_or_is_not() -> None:
    claimed, not_met = requirements(CLAIMED), requirements(NOT_MET)
    assert len(claimed) > 90
    assert len(set(claimed)) == len(claimed)
    assert not set(claimed) & set(not_met)
