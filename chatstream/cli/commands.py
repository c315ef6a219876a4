"""All commands, and what they are made of."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from flask_migrate import Migrate
from flask_smorest.spec import openapi_cli

from chatstream.cli.chats import chats_group
from chatstream.cli.doctor import doctor_command
from chatstream.cli.errors import errors_group
from chatstream.cli.keys import keys_group
from chatstream.cli.maintenance import maintenance_command
from chatstream.cli.n8n_sim import n8n_sim_command
from chatstream.cli.search import search_group
from chatstream.cli.seed import seed_command
from chatstream.cli.teams import team_group
from chatstream.cli.users import user_group


def add_commands(app: Flask, migrations: Path) -> None:
    """Register the commands on an application: ours, and those of Flask-Migrate (its folder) and flask-smorest."""
    Migrate(app, app.extensions["sqlalchemy"], directory=str(migrations), compare_type=True)
    groups = (team_group, user_group, chats_group, search_group, keys_group, errors_group)
    for command in (seed_command, *groups, doctor_command, maintenance_command, n8n_sim_command, openapi_cli):
        app.cli.add_command(command)
