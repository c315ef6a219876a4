"""``flask search``: the entries that searches look into."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from chatstream.cli.failures import plainly
from chatstream.services.search import rebuilding

search_group = AppGroup("search", help="The entries that searches look into.")


@search_group.command("rebuild")
@plainly
def rebuild() -> None:
    """Make the entries of all chats anew, while the service runs: after a change of SEARCH_CONFIG."""
    done = rebuilding.rebuild(tell=lambda so_far: click.echo(f"{so_far} chats so far", err=True))
    click.echo(f"{done} chats indexed")
