"""ChatStream without its shared log, to be measured against ChatStream: `gunicorn benchmarks.without_log:app`.

Nothing reaches the log, so that no other worker can follow and a killed worker's text is lost. Not for use.
"""

from __future__ import annotations

from chatstream import create_app
from chatstream.services.generations import GenerationRunner
from chatstream.services.generations.sharing import PIECE_BYTES


def _forget(runner: GenerationRunner) -> None:
    """Let go of what would have been written, and of the answers that have ended."""
    for key, here in list(runner._generations.items()):
        here.log.settle()
        while batch := here.log.unshared(PIECE_BYTES):
            here.log.mark_shared(batch)
        if here.log.fully_shared:
            del runner._generations[key]


app = create_app()
_runner = app.extensions["chatstream"].runner
_runner._share_once = lambda: _forget(_runner)
