"""``flask seed``: demo data."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import with_appcontext

from chatstream.cli.failures import plainly
from chatstream.http.services import services
from chatstream.services.demo import ADMIN, AGENT, TEAM, USER, Demo


@click.command("seed")
@click.option(
    "--webhook-url",
    default="http://127.0.0.1:5679/webhook/demo",
    show_default=True,
    help="Where the demo agent's workflow listens.",
)
@click.option(
    "--webhook-token",
    envvar="DEMO_WEBHOOK_TOKEN",
    show_envvar=True,
    help="The bearer token that the workflow expects; better set as a variable, where no process list shows it.",
)
@with_appcontext
@plainly
def seed_command(webhook_url: str, webhook_token: str | None) -> None:
    """Make the demo team, its two accounts and its agent. Refuses in production."""
    if not current_app.config["DEMO_ALLOWED"]:
        raise click.ClickException("Demo accounts have well-known passwords: flask seed refuses in production.")
    found = services()
    Demo(found.accounts, found.agents).seed(webhook_url=webhook_url, webhook_token=webhook_token or None)
    click.echo(f'Team "{TEAM}" with the agent "{AGENT}"')
    for email, password in (ADMIN, USER):
        click.echo(f"  {email} / {password}")
