"""``flask user``: accounts. A password comes from a prompt or from standard input, never from an argument."""

from __future__ import annotations

import sys
from typing import cast

import click
from flask.cli import AppGroup
from marshmallow import ValidationError, fields

from chatstream.cli.failures import plainly
from chatstream.http.services import services
from chatstream.models.user import ROLES, Role
from chatstream.services import teams
from chatstream.services.accounts import normal_email
from chatstream.services.passwords import check_password_rules

user_group = AppGroup("user", help="Create, list and change accounts.")

team_option = click.option("--team", required=True, help="The team's slug or id.")


@user_group.command("create")
@click.argument("email")
@team_option
@click.option("--name", default="", help="What the user is called.")
@click.option("--role", type=click.Choice(ROLES), default="user", show_default=True, help="What the user may do.")
@plainly
def create(email: str, team: str, name: str, role: str) -> None:
    """Create an account for EMAIL; asks for the password, or reads it from standard input."""
    found = teams.find_team(team)
    address = _address(email)
    password = _read_password()
    check_password_rules(password, email=address)
    user = teams.create_user(
        services().accounts,
        email=address,
        password=password,
        team=found,
        name=name.strip()[:200],
        role=cast(Role, role),
    )
    click.echo(f"{user.id}  {user.email}  {user.role}")


@user_group.command("list")
@team_option
@plainly
def list_(team: str) -> None:
    """List the accounts of a team."""
    for user in teams.members(teams.find_team(team)):
        state = "active" if user.is_active else "inactive"
        click.echo(f"{user.id}  {user.email:<32}  {user.role:<5}  {state:<8}  {user.name}")


@user_group.command("set-role")
@click.argument("email")
@click.argument("role", type=click.Choice(ROLES))
@team_option
@plainly
def set_role(email: str, role: str, team: str) -> None:
    """Make EMAIL an admin of its team, or a user."""
    user = teams.find_user(teams.find_team(team), email)
    teams.set_role(user, cast(Role, role))
    click.echo(f"{user.email} is {role}")


@user_group.command("deactivate")
@click.argument("email")
@team_option
@plainly
def deactivate(email: str, team: str) -> None:
    """Deactivate EMAIL: no sign-in any more, its sessions end at once."""
    user = teams.find_user(teams.find_team(team), email)
    teams.deactivate_user(user)
    click.echo(f"{user.email} is inactive")


@user_group.command("set-password")
@click.argument("email")
@team_option
@plainly
def set_password(email: str, team: str) -> None:
    """Set EMAIL's password, read from a prompt or standard input. Its sessions end."""
    user = teams.find_user(teams.find_team(team), email)
    teams.set_password(services().accounts, user, _read_password())
    click.echo(f"{user.email} has a new password")


def _address(email: str) -> str:
    try:
        return normal_email(fields.Email().deserialize(email))
    except ValidationError:
        raise click.BadParameter("is not an email address", param_hint="EMAIL") from None


def _read_password() -> str:
    if sys.stdin.isatty():
        return click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return sys.stdin.readline().rstrip("\r\n")
