"""The migrations of this release, as far as readiness asks: without Alembic, a tenth of a server's start."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FIELD = re.compile(r"^(revision|down_revision)\s*=\s*(.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Revisions:
    """``known``: all of them. ``heads``: those that no other follows."""

    known: frozenset[str]
    heads: frozenset[str]


def revisions_in(migrations: Path) -> Revisions:
    """What the scripts in ``migrations/versions`` say at their beginning. Raises KeyError where one does not."""
    follows = {}
    for script in sorted((migrations / "versions").glob("*.py")):
        said: dict[str, Any] = {name: ast.literal_eval(value) for name, value in _FIELD.findall(script.read_text())}
        follows[said["revision"]] = said["down_revision"]
    return Revisions(frozenset(follows), frozenset(follows) - frozenset(follows.values()))
