"""``flask team``: the tenants."""

from __future__ import annotations

from typing import cast

import click
from flask.cli import AppGroup

from chatstream.cli.failures import plainly
from chatstream.models.team import REGISTRATIONS, Registration
from chatstream.services import teams

team_group = AppGroup("team", help="Create, list, set up and deactivate teams.")


@team_group.command("create")
@click.argument("name")
@click.option("--slug", help="A short name for URLs and commands; made from NAME unless given.")
@plainly
def create(name: str, slug: str | None) -> None:
    """Create the team NAME and print its id."""
    name = name.strip()
    if not 1 <= len(name) <= 200:
        raise click.BadParameter("must be 1 to 200 characters", param_hint="NAME")
    team = teams.create_team(name, slug=slug)
    click.echo(f"{team.id}  {team.slug}")


@team_group.command("list")
@plainly
def list_() -> None:
    """List every team with its active users."""
    for team, count in teams.all_teams():
        state = "active" if team.is_active else "inactive"
        click.echo(f"{team.id}  {team.slug:<20}  {state:<8}  {count:>5} users  {team.name}")


@team_group.command("deactivate")
@click.argument("team")
@plainly
def deactivate(team: str) -> None:
    """Deactivate TEAM (slug or id): nobody of it can sign in, sessions end at once."""
    found = teams.find_team(team)
    teams.deactivate_team(found)
    click.echo(f"{found.slug} is inactive")


@team_group.command("set-registration")
@click.argument("team")
@click.argument("registration", type=click.Choice(REGISTRATIONS))
@plainly
def set_registration(team: str, registration: str) -> None:
    """Let anybody who knows the id of TEAM (slug or id) register, or only people with an invite."""
    found = teams.find_team(team)
    teams.set_registration(found, cast(Registration, registration))
    click.echo(f"{found.slug} takes new members by {'its id' if registration == 'open' else 'invite only'}")
