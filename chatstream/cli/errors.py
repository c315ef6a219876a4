"""``flask errors``: what failed, of all teams and of none."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import cast

import click
from flask.cli import AppGroup

from chatstream.cli.failures import plainly
from chatstream.services import error_logs
from chatstream.services.clock import now, rfc3339
from chatstream.services.error_logs import SEVERITIES, Severity

errors_group = AppGroup("errors", help="List, show and purge the failures in error_logs.")

IDS = ("request_id", "team_id", "user_id", "agent_id", "chat_id")


@errors_group.command("list")
@click.option("--severity", type=click.Choice(SEVERITIES), help="Only this severity.")
@click.option("--code", help="For instance internal_error, job_failed, upstream_timeout.")
@click.option("--agent", "agent_id", type=click.UUID, help="Only those of this agent.")
@click.option("--chat", "chat_id", type=click.UUID, help="Only those of this chat.")
@click.option("--hours", type=click.FloatRange(min=0), help="Seen within the last so many hours.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many.")
@plainly
def list_(
    severity: str | None,
    code: str | None,
    agent_id: uuid.UUID | None,
    chat_id: uuid.UUID | None,
    hours: float | None,
    limit: int,
) -> None:
    """List failures, newest first; the same within an hour is one line, with a count."""
    found = error_logs.newest(
        limit=limit,
        severity=cast("Severity | None", severity),
        code=code,
        agent_id=agent_id,
        chat_id=chat_id,
        since=None if hours is None else now() - timedelta(hours=hours),
    )
    for row in found:
        seen = rfc3339(row.last_seen_at)
        message = " ".join(row.message.split())[:100]
        click.echo(f"{row.id}  {seen}  {row.severity:<8}  {row.count:>6}x  {row.code:<22}  {message}")


@errors_group.command("show")
@click.argument("key", metavar="ID", type=click.UUID)
@plainly
def show(key: uuid.UUID) -> None:
    """Show one failure with its ids and its stack."""
    row = error_logs.get(key)
    first, last = rfc3339(row.created_at), rfc3339(row.last_seen_at)
    click.echo(f"{row.severity} {row.code}, {row.count} times from {first} to {last}")
    click.echo(row.message)
    if row.path:
        click.echo(f"{row.method} {row.path}")
    for name, value in [(name, getattr(row, name)) for name in IDS] + list(row.context.items()):
        if value is not None:
            click.echo(f"{name}: {value}")
    if row.stack:
        click.echo(row.stack)


@errors_group.command("purge")
@click.option("--days", type=click.FloatRange(min=0), required=True, help="Last seen longer ago than this.")
@plainly
def purge(days: float) -> None:
    """Delete old failures, a thousand at a time; may be interrupted, and run on every node at once."""
    click.echo(f"{error_logs.purge(timedelta(days=days))} deleted")
