"""``flask n8n-sim``: a simulated n8n, for trying ChatStream out and for its tests."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import click
import gevent
from gevent.event import Event

from chatstream.n8n_sim.server import DEMO_PATH, Simulator


@click.command("n8n-sim")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=5679, show_default=True, help="0 takes a free one.")
@click.option(
    "--port-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file that gets the port's number once the simulator listens.",
)
@click.option(
    "--token-env",
    default="N8N_SIM_TOKEN",
    show_default=True,
    help="The variable that holds the bearer token to expect; unset or empty: any call is taken.",
)
@click.pass_context
def n8n_sim_command(context: click.Context, host: str, port: int, port_file: Path | None, token_env: str) -> None:
    """Run a simulated n8n until SIGTERM or Ctrl-C."""
    # click reads the variable: the token is never an argument, which every process list would show.
    token = click.Option(["--token"], envvar=token_env).value_from_envvar(context)
    simulator = Simulator(host, port, token or None)
    stopped = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, stopped.set)
    try:
        port = simulator.start()
    except OSError as error:
        raise click.ClickException(f"Can not listen on {host}:{port}: {error.strerror}.") from None
    if port_file is not None:
        _write_atomically(port_file, f"{port}\n")
    shown = f"[{host}]" if ":" in host else host
    # click.echo flushes
    click.echo(f"Simulated n8n listening on http://{shown}:{port}{DEMO_PATH}")
    stopped.wait()
    simulator.stop()


def _write_atomically(path: Path, text: str) -> None:
    """Whoever waits for the file never sees it empty."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text)
    temporary.replace(path)
