"""``flask chats``: what operators do with chats."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from chatstream.cli.failures import plainly
from chatstream.services import retention, teams

chats_group = AppGroup("chats", help="Delete chats that are kept no longer.")


@chats_group.command("purge")
@click.option("--team", help="Only this team (slug or id).")
@click.option("--dry-run/--yes", default=True, help="Count only, or delete.  [default: --dry-run]")
@plainly
def purge(team: str | None, dry_run: bool) -> None:
    """Delete the chats that are older than their team's retention time.

    The age is that of the last activity. Chats in which an answer is running are spared. May be interrupted, and run
    again. Nobody sees the chats from then on; the running server takes them out of the database.
    """
    found = retention.due(teams.find_team(team).id if team else None)
    for item in found:
        count = item.chats
        if not dry_run:
            count = retention.purge(item.team.id, tell=lambda so_far: click.echo(f"{_chats(so_far)} so far", err=True))
        click.echo(f"{item.team.slug}: {_chats(count)} older than {item.team.retention_days} days{_ending(dry_run)}")
    if not found:
        click.echo("No retention time is set.")


def _ending(dry_run: bool) -> str:
    return "; --yes deletes" if dry_run else " deleted; the server takes them out of the database"


def _chats(count: int) -> str:
    return "1 chat" if count == 1 else f"{count} chats"
