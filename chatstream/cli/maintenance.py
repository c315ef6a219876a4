"""``flask maintenance``: what a timer runs."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from chatstream.cli.failures import plainly
from chatstream.http.services import services


@click.command("maintenance")
@click.option("--dry-run", is_flag=True, help="Count only.")
@with_appcontext
@plainly
def maintenance_command(dry_run: bool) -> None:
    """Delete what the settings (..._RETENTION_DAYS) keep no longer, and events and password resets that are over.

    Safe on every node at once, and may be interrupted. Chats are deleted by `flask chats purge` alone.
    """
    maintenance = services().maintenance
    for kind, count in maintenance.count() if dry_run else maintenance.run():
        click.echo(f"{kind}: {count} {'to delete' if dry_run else 'deleted'}")
