"""The pages that people read, taken apart by a parser of Markdown."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parent.parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGES.md", *sorted((ROOT / "docs").glob("*.md"))]

_parser = MarkdownIt("gfm-like", {"linkify": False})


def tokens(page: Path) -> Iterator[Token]:
    """Every token of a page, those within lines as well."""
    for token in _parser.parse(page.read_text()):
        yield token
        yield from token.children or ()


def links(page: Path) -> list[str]:
    """Where its links and pictures point to."""
    found = [token.attrGet(name) for token in tokens(page) for name in ("href", "src")]
    return [str(target) for target in found if target]


def anchors(page: Path) -> set[str]:
    """The names of its headings, as GitHub makes them: the second of the same words gets ``-1``."""
    found = list(_parser.parse(page.read_text()))
    seen: Counter[str] = Counter()
    names = set()
    for token, inline in pairwise(found):
        if token.type == "heading_open":
            words = "".join(part.content for part in inline.children or ())
            name = re.sub(r"[^\w -]", "", words.lower()).replace(" ", "-")
            names.add(f"{name}-{seen[name]}" if seen[name] else name)
            seen[name] += 1
    return names


def fences(page: Path, language: str) -> list[str]:
    """The blocks of code in a language."""
    return [token.content for token in tokens(page) if token.type == "fence" and token.info.strip() == language]


def code(page: Path) -> Iterator[str]:
    """Whatever stands as code, in lines and in blocks; pictures aside."""
    for token in tokens(page):
        if token.type == "code_inline" or (token.type in ("fence", "code_block") and token.info.strip() != "mermaid"):
            yield token.content
