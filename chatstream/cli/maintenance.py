"""``flask maintenance``: what a daily timer runs."""

from __future__ import annotations

from datetime import timedelta

import click
from flask.cli import with_appcontext

from chatstream.cli.failures import plainly
from chatstream.services import maintenance


@click.command("maintenance")
@click.option(
    "--errors-days", type=click.IntRange(1, 3650), default=30, show_default=True, help="Keep failures so long."
)
@with_appcontext
@plainly
def maintenance_command(errors_days: int) -> None:
    """Delete failures, sessions, invites and password resets that have had their time.

    Safe on every node at once. Chats are deleted by `flask chats purge` alone.
    """
    for what, count in maintenance.clean(errors_kept=timedelta(days=errors_days)).items():
        click.echo(f"{what}: {count} deleted")
