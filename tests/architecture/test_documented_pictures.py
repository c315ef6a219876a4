"""The pictures of the pages can be drawn, and what they show is so."""

from __future__ import annotations

import re
from pathlib import Path

import mermaidx
import pytest
from sqlalchemy import Column, ForeignKey, Table
from sqlalchemy.dialects import postgresql

from chatstream.extensions import Base
from chatstream.models.generation import STATUSES
from tests.support.pages import PAGES, ROOT, fences

ARCHITECTURE = ROOT / "docs" / "ARCHITECTURE.md"
PICTURES = [(page, number, text) for page in PAGES for number, text in enumerate(fences(page, "mermaid"), 1)]
ENTITIES = [text for _, _, text in PICTURES if text.startswith("erDiagram")]
TYPES = {
    "BOOLEAN": "boolean",
    "BYTEA": "bytea",
    "INTEGER": "integer",
    "JSONB": "jsonb",
    "TEXT": "text",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "TSVECTOR": "tsvector",
    "UUID": "uuid",
    "UUID[]": "uuids",
}
"""PostgreSQL's types in the words of the pictures, which know no blanks; all VARCHAR are text."""


@pytest.mark.parametrize(("page", "number", "text"), PICTURES, ids=lambda part: getattr(part, "name", None))
def test_a_picture_can_be_drawn(page: Path, number: int, text: str) -> None:
    """By mermaid.js itself, in an engine without a browser."""
    assert mermaidx.render(text).svg().startswith("<svg")


@pytest.mark.parametrize(
    "text", ["flowchart LR\n    a[open --> b", "erDiagram\n    teams ||--{ users", "sequencediagram\n    a->>b"]
)
def test_a_picture_that_can_not_be_drawn_is_found(text: str) -> None:
    with pytest.raises(RuntimeError):
        mermaidx.render(text).svg()


def test_there_are_as_many_pictures_as_words_about_them() -> None:
    kinds = [text.split(maxsplit=1)[0] for page, _, text in PICTURES if page == ARCHITECTURE]
    assert sorted(kinds) == ["erDiagram", "erDiagram", "flowchart", "flowchart", "sequenceDiagram", "stateDiagram-v2"]


def test_the_states_are_those_of_the_table() -> None:
    (text,) = [text for _, _, text in PICTURES if text.startswith("stateDiagram")]
    arrows = re.findall(r"^    (\S+) --> ([\w*\[\]]+)", text, re.MULTILINE)
    assert {state for arrow in arrows for state in arrow} - {"[*]"} == set(STATUSES)
    assert {after for before, after in arrows if before == "running"} == set(STATUSES) - {"running"}


def shown() -> dict[str, list[list[str]]]:
    """Of each table that is drawn with its columns: their types, names and keys."""
    blocks = re.findall(r"^    (\w+) \{\n(.*?)^    \}", "".join(ENTITIES), re.MULTILINE | re.DOTALL)
    return {name: [line.split() for line in body.splitlines()] for name, body in blocks}


def described(column: Column[object]) -> list[str]:
    """A column in the words of the pictures."""
    name = str(column.type.compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]
    words = [TYPES[re.sub(r"^VARCHAR\(\d+\)$", "TEXT", name)], column.name]
    if column.primary_key:
        return [*words, "PK"]
    if column.foreign_keys:
        return [*words, "FK"]
    return [*words, "UK"] if column.unique else words


def test_the_tables_are_those_of_the_models() -> None:
    assert set(shown()) == set(Base.metadata.tables)
    for name, columns in shown().items():
        table = Base.metadata.tables[name]
        for column in columns:
            assert column == described(table.c[column[1]]), name
        assert [column[1] for column in columns if "PK" in column] == [column.name for column in table.primary_key], (
            name
        )


def line_of(table: Table, key: ForeignKey) -> tuple[str, ...]:
    """The line that a foreign key is: ``||`` where the owner must be there, ``o|`` where it has one at most."""
    column = key.parent
    alone = list(table.primary_key) == [column] or bool(column.unique)
    parent = "|o" if column.nullable else "||"
    return key.column.table.name, f"{parent}--{'o|' if alone else 'o{'}", table.name, column.name


def test_the_lines_are_foreign_keys() -> None:
    lines = re.findall(r'^    (\w+) (\S+--\S+) (\w+) : "(\w+)"$', "".join(ENTITIES), re.MULTILINE)
    keys = {line_of(table, key) for table in Base.metadata.tables.values() for key in table.foreign_keys}
    assert set(lines) <= keys
    owned = {child for _, _, child, _ in lines}
    assert owned == set(Base.metadata.tables) - {"teams"}
