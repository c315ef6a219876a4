"""The ``flask`` commands of a team that runs ChatStream.

They and Alembic are imported when the first of them is asked for: a server needs none, and would start later for them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup


class _LateCommands(AppGroup):
    """Gets its commands by ``load`` when it is first asked for one."""

    def __init__(self, name: str, load: Callable[[], None]) -> None:
        super().__init__(name)
        self._load = load

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        self._load()
        return super().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command by its name."""
        self._load()
        return super().get_command(ctx, cmd_name)


class _LateMigrate:
    """Stands where Flask-Migrate keeps what belongs to an application, until somebody looks."""

    def __init__(self, app: Flask, load: Callable[[], None]) -> None:
        self._app = app
        self._load = load

    def __getattr__(self, name: str) -> Any:
        self._load()
        return getattr(self._app.extensions["migrate"], name)


def init_cli(app: Flask, load: Callable[[], None]) -> None:
    """Let ``load``, which may be called more than once, add the commands and bind Flask-Migrate when one is wanted."""
    app.cli = _LateCommands(app.name, load)
    app.extensions["migrate"] = _LateMigrate(app, load)
