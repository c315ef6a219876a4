"""benchmarks/README.md tells of every figure and of every other benchmark, and of none that is not there."""

from __future__ import annotations

import importlib
import re

import pytest

from benchmarks.figures import NAMES
from tests.support.server import ROOT

FOLDER = ROOT / "benchmarks"


def _rows(title: str) -> list[str]:
    section = (FOLDER / "README.md").read_text().partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)


def test_every_figure_is_explained_in_the_order_of_the_run() -> None:
    assert _rows("The figures") == list(NAMES)


def test_every_figure_can_be_measured() -> None:
    for name in NAMES:
        assert callable(importlib.import_module(f"benchmarks.figures.{name}").measure)
    assert {path.stem for path in (FOLDER / "figures").glob("*.py")} == {"__init__", *NAMES}


PROGRAMS = sorted(
    {path.stem for path in FOLDER.glob("*.py") if "\ndef main(" in path.read_text()} - {"__main__", "pinger"}
)


def test_every_other_benchmark_is_listed() -> None:
    assert _rows("Others") == PROGRAMS


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_other_benchmark_has_what_it_imports(name: str) -> None:
    assert callable(importlib.import_module(f"benchmarks.{name}").main)
