"""A small application in ChatStream's place, for tests of the launcher.

``python stand_in.py launch FOLDER`` runs the launcher on FOLDER with the steps below; ``wsgi.py`` in FOLDER takes
``application``. FAKE_MIGRATE, FAKE_SIMULATOR, FAKE_SEED and FAKE_WEB in the environment make a step fail, hang or
talk.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

GUNICORN_CONF = """
import os
bind = f"{os.environ['HOST']}:{os.environ['PORT']}"
graceful_timeout = int(os.environ["GRACEFUL_TIMEOUT"])
control_socket_disable = True
"""
WSGI = "from tests.devkit.stand_in import application as app\n"
SIMULATOR_PORT = 4242


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """/healthz; /environment, the names and texts of the server's; /stream, which never ends."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    if environ["PATH_INFO"] == "/environment":
        return [json.dumps(dict(os.environ)).encode()]
    return _endless() if environ["PATH_INFO"] == "/stream" else [b"ok"]


def _endless() -> Iterator[bytes]:
    while True:
        yield b"token\n"
        time.sleep(0.05)  # gevent's, in the worker


def _step(name: str, *arguments: str) -> None:
    """Write what the step was given into ``NAME.json``, then behave as FAKE_NAME says."""
    record = {"arguments": arguments, "environment": dict(os.environ), "began": time.time()}
    Path(f"{name}.json").write_text(json.dumps(record))
    behaviour = os.environ.get(f"FAKE_{name.upper()}", "")
    if behaviour == "fail":
        sys.exit("the reason why it failed")
    if behaviour == "hang":
        time.sleep(60)
    if behaviour == "talk":
        sys.stdout.write("some lines\nThe thing is done.\n")
    if name == "simulator":
        sys.stdout.write("the simulator's last words\n")
        sys.stdout.flush()
        unfinished = Path(arguments[0] + ".unfinished")
        unfinished.write_text(f"{SIMULATOR_PORT}\n")
        unfinished.replace(arguments[0])
        time.sleep(60)


def _launch(folder: Path) -> int:
    from devkit.run import Commands, Launcher

    def command(step: str, *arguments: str) -> tuple[str, ...]:
        return (sys.executable, __file__, step, *arguments)

    commands = Commands(
        migrate=command("migrate"),
        simulator=command("simulator", "{port_file}"),
        seed=command("seed", "{webhook_url}"),
        web=command("web"),
    )
    return Launcher(folder, os.environ, commands).run()


if __name__ == "__main__":
    if sys.argv[1] == "launch":
        sys.exit(_launch(Path(sys.argv[2])))
    _step(*sys.argv[1:])
