"""``flask keys``: the keys that the agents' webhook tokens are encrypted with (TOKEN_ENCRYPTION_KEYS)."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from chatstream.cli.failures import plainly
from chatstream.http.services import services
from chatstream.services import token_keys

keys_group = AppGroup("keys", help="The keys of the agents' webhook tokens.")


@keys_group.command("list")
@plainly
def list_() -> None:
    """List the key ids, newest first, with the number of tokens that each holds."""
    cipher = services().agents.cipher
    for key_id, count in token_keys.in_use(cipher).items():
        click.echo(f"{key_id}  {_standing(key_id, cipher.key_ids):<8}  {_tokens(count)}")


@keys_group.command("rotate")
@plainly
def rotate() -> None:
    """Encrypt every token with the newest key, while the service runs.

    Put the new key in front of TOKEN_ENCRYPTION_KEYS and reload every node first; take the old one away once
    `flask keys list` counts no token of it. May be interrupted and run again.
    """
    cipher = services().agents.cipher
    done = token_keys.rotate(cipher, tell=lambda so_far: click.echo(f"{_tokens(so_far.rotated)} so far", err=True))
    click.echo(f"{_tokens(done.rotated)} encrypted with {cipher.key_ids[0]}")
    if done.overtaken:
        click.echo(f"{done.overtaken} changed meanwhile and left as they are")
    for lost in done.unreadable:
        click.echo(f"agent {lost.agent_id} ({lost.name!r}, team {lost.team_id}): {lost.reason}", err=True)
    if done.unreadable:
        raise click.ClickException(
            f"{_tokens(len(done.unreadable))} can not be decrypted. Bring their key back, or enter them again."
        )


def _standing(key_id: str, ring: tuple[str, ...]) -> str:
    if key_id not in ring:
        return "missing"
    return "newest" if key_id == ring[0] else "older"


def _tokens(count: int) -> str:
    return "1 token" if count == 1 else f"{count} tokens"
