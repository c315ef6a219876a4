"""Words of the code as Markdown."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterable, Mapping


class Unexplained(Exception):
    """Something that exists is not explained, or something is explained that does not exist. Its text names both."""


def explained(names: Iterable[str], words: Collection[str], *, where: str) -> list[str]:
    """``names`` as a list, once ``words`` (of the module ``where``) has been found to speak of them and no others.

    Raises Unexplained.
    """
    found = list(names)
    missing, gone = sorted(set(found) - set(words)), sorted(set(words) - set(found))
    if missing or gone:
        raise Unexplained(f"devkit/reference/{where}: nothing is said of {missing}; not there any more: {gone}")
    return found


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table; cells are Markdown already, but for their bars."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(_row(line) for line in lines) + "\n"


def _row(cells: tuple[str, ...]) -> str:
    escaped = (cell.replace("|", r"\|") for cell in cells)
    return "|" + "|".join(f" {cell} " if cell else " " for cell in escaped) + "|"


def words_of(thing: object) -> str:
    """The docstring of something in one line. Raises Unexplained when it has none."""
    text = inspect.getdoc(thing)
    if not text:
        raise Unexplained(f"{thing!r} has no docstring")
    return in_one_line(text)


def summary_of(thing: object) -> str:
    """The first paragraph of its docstring in one line. Raises Unexplained when it has none."""
    words_of(thing)
    return in_one_line((inspect.getdoc(thing) or "").split("\n\n")[0])


def in_one_line(text: str) -> str:
    """Paragraphs run together; fit for a cell of a table."""
    return " ".join(text.replace("``", "`").split())


def code(name: str) -> str:
    """A name as code."""
    return f"`{name}`"


def codes(names: Iterable[str]) -> str:
    """Names as code, with commas."""
    return ", ".join(map(code, names))


def sentences(words: Mapping[str, str]) -> list[tuple[str, str]]:
    """Rows of names and what is said of them."""
    return [(code(name), said) for name, said in words.items()]
