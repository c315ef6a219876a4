"""The workspace of the web client, its packages installed."""

from __future__ import annotations

import pytest

from devkit.node import WANTED, Node, find_node
from devkit.web import Web


@pytest.fixture(scope="session")
def node() -> Node:
    """A Node; the development requirements bring one."""
    found = find_node()
    assert found is not None, f"there is no {WANTED}: make .venv anew"
    return found


@pytest.fixture(scope="session")
def web() -> Web:
    """This checkout's."""
    return Web()
