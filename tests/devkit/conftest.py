"""A folder that another user can reach, and the watch that nothing keeps running in it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.devkit.scan import temporary_folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Elsewhere children do not die with their parent, and there is no /proc to see it."""
    if sys.platform != "linux":
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.skip("Linux only"))


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder, in which nothing may be running at the end of the test."""
    with temporary_folder() as path:
        yield path
