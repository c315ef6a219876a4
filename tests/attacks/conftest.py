"""Two teams at a real server, for whoever attacks them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.support.cast import Cast
from tests.support.server import Server
from tests.support.world import World


@pytest.fixture
def cast(app: Flask, world: World, server: Server, simulator: str) -> Iterator[Cast]:
    """Everybody who may come to a route."""
    with Cast(app, world, server, f"{simulator}?tokens=2&delay_ms=0") as cast:
        yield cast
