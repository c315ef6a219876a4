"""The ``flask`` commands, with their help texts."""

from __future__ import annotations

from collections.abc import Iterator

import click
from flask import Flask

from devkit.reference.markdown import Unexplained, code, in_one_line, table

_TEXT = """## Commands

All of them are `flask --app wsgi …`, with the settings in the environment; they exit with 1 and a sentence when
something is wrong. Besides these there are Flask-Migrate's (`flask db upgrade`, `flask db current`,
`flask db downgrade`), flask-smorest's (`flask openapi write FILE`) and Flask's own (`flask routes`, `flask shell`;
`flask run` is not for use).
"""


def section(app: Flask) -> str:
    """A heading for each command that the project adds, with its arguments and options."""
    return "\n".join((_TEXT, *(_one(path, command) for path, command in commands_of(app))))


def commands_of(app: Flask) -> list[tuple[str, click.Command]]:
    """``("flask group name", command)`` of every command of ours, by name."""
    context = click.Context(app.cli)
    found = [app.cli.get_command(context, name) for name in app.cli.list_commands(context)]
    leaves = _leaves("flask", [command for command in found if command is not None])
    return sorted(((path, command) for path, command in leaves if _is_ours(command)), key=lambda found: found[0])


def _is_ours(command: click.Command) -> bool:
    return command.callback is not None and command.callback.__module__.startswith("chatstream.")


def _leaves(path: str, commands: list[click.Command]) -> Iterator[tuple[str, click.Command]]:
    for command in commands:
        name = f"{path} {command.name}"
        if isinstance(command, click.Group):
            yield from _leaves(name, list(command.commands.values()))
        else:
            yield name, command


def _one(path: str, command: click.Command) -> str:
    context = click.Context(command, info_name=path)
    usage = " ".join((path, *command.collect_usage_pieces(context)))
    if not command.help:
        raise Unexplained(f"{path} has no help text")
    rows = [_row(path, option, context) for option in command.params if isinstance(option, click.Option)]
    described = f"\n{table(('option', 'meaning'), rows)}" if rows else ""
    return f"### `{path}`\n\n`{usage}`\n\n{in_one_line(command.help)}\n{described}"


def _row(path: str, option: click.Option, context: click.Context) -> tuple[str, str]:
    record = option.get_help_record(context)
    if record is None or not option.help:
        raise Unexplained(f"{path}: the option {option.opts[0]} has no help text")
    return code(record[0]), in_one_line(record[1])
