"""``flask doctor``: what is wrong with this installation, and what to do about it."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from chatstream.http.services import services


@click.command("doctor")
@with_appcontext
def doctor_command() -> None:
    """Look at settings, database, migrations, Redis, clock, disk and limits; exit code 1 when something fails.

    Settings that keep ChatStream from starting at all are told by name before anything else.
    """
    failed = 0
    for finding in services().doctor.findings():
        click.echo(f"{finding.verdict:<8}  {finding.name:<12}  {finding.seen}")
        if finding.verdict != "ok" and finding.advice:
            click.echo(f"{'':<8}  {'':<12}  {finding.advice}")
        failed += finding.verdict == "failed"
    if failed:
        raise click.ClickException(f"{failed} of these must be put right.")
