"""The ``flask`` commands of a team that runs ChatStream."""

from __future__ import annotations

from flask import Flask

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


def init_cli(app: Flask) -> None:
    """Register the commands on an application."""
    groups = (team_group, user_group, chats_group, search_group, keys_group, errors_group)
    for command in (seed_command, *groups, doctor_command, maintenance_command, n8n_sim_command):
        app.cli.add_command(command)
