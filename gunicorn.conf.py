"""gunicorn's settings, from the environment.

The worker class is gevent. Nothing is preloaded: the application may only be imported after gevent has patched the
worker.
"""

from __future__ import annotations

import gc
import math
import os
import socket
import sys
import time
from contextlib import suppress
from typing import Any
from weakref import WeakSet

import gevent
from gevent.event import Event as Flag
from gunicorn.glogging import Logger
from gunicorn.http.errors import NoMoreData

from chatstream import logs, responses
from chatstream.config import Settings, SettingsError
from chatstream.metrics import folder

try:
    settings = Settings.from_environment()
except SettingsError as error:
    sys.exit(f"ChatStream can not start with these settings:\n{error}")

bind = f"[{settings.host}]:{settings.port}" if ":" in settings.host else f"{settings.host}:{settings.port}"
worker_class = "gevent"
workers = settings.workers
worker_connections = settings.worker_connections + 100  # so that those over the limit are told, see http/admission.py
preload_app = False
control_socket_disable = True

timeout = 60  # seconds that the loop may be blocked before the worker counts as hung; requests may last longer
graceful_timeout = settings.graceful_timeout_s
max_requests = 0  # a worker that retires itself would cut every stream it has
keepalive = 75  # longer than nginx keeps an idle connection to its upstream
limit_request_line = 8190
limit_request_fields = 64
forwarded_allow_ips = ""  # TRUSTED_PROXIES says who is believed; gunicorn would believe loopback

metrics_folder = folder.ours()
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(metrics_folder)  # for the workers, which import prometheus-client

accesslog = None
errorlog = "-"
loglevel = settings.log_level


class Lines(Logger):
    """gunicorn's own lines, in the form of the application's."""

    def setup(self, cfg: Any) -> None:
        """Called at the start, and again at each reload."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(logs.FORMATTERS[settings.log_format]())


logger_class = Lines

DRAIN_MARGIN_S = 3
"""What is left of the graceful limit to store answers that did not end in time."""

TRACES_S = 2.0
"""What the collector is given at the end of a worker, where so much is left until gunicorn kills it."""

LOOK_S = 0.2

LONG_BODY_BYTES = 4 << 20
"""More than any route takes. What is left unread of a body, gunicorn reads itself, 1 KiB at a time and without letting
anybody else run: 1.7 s for 50 MiB."""

LINGER_S = 5.0


responses.install()

_idle: WeakSet[Any] = WeakSet()
"""Kept-alive connections that wait for their next request."""


def pre_request(_worker: Any, request: Any) -> None:
    """A connection is at work. Idle ones must not take the place of new ones."""
    _idle.discard(gevent.getcurrent())
    if len(_idle) > settings.worker_connections // 2:
        _close_idle_connections()
    if _has_long_body(request):
        request.force_close()


def post_request(_worker: Any, request: Any, environ: Any, _response: Any) -> None:
    """A connection may wait for its next request."""
    if _has_long_body(request) and "gunicorn.socket" in environ:
        _linger(environ["gunicorn.socket"])
    else:
        _idle.add(gevent.getcurrent())


def post_fork(_server: Any, _worker: Any) -> None:
    """Import first, look for garbage later: collections would take a fifth of the start, and find next to nothing."""
    gc.disable()


def post_worker_init(worker: Any) -> None:
    """Watch over the generations of this worker, and drain them when it is told to stop."""
    gc.freeze()  # what was imported stays; full collections need not look at it each time
    gc.enable()
    services = worker.wsgi.extensions["chatstream"]
    runner = services.runner
    runner.keep_watch()
    gevent.spawn(services.failures.keep_writing)
    gevent.spawn(services.figures.keep_measuring)

    def drain_when_stopped() -> None:
        while worker.alive:
            gevent.sleep(LOOK_S)
        worker.killed_at = time.monotonic() + graceful_timeout
        gevent.spawn(_keep_closing_idle_connections)
        runner.drain(max(graceful_timeout - DRAIN_MARGIN_S, 1), worker.served)

    worker.killed_at = math.inf
    worker.served = Flag()
    worker.drain = gevent.spawn(drain_when_stopped)


def _has_long_body(request: Any) -> bool:
    """Whether its body is too long to be read for the sake of the connection, or may be (chunked)."""
    headers = dict(request.headers)
    return "TRANSFER-ENCODING" in headers or int(headers.get("CONTENT-LENGTH", 0)) > LONG_BODY_BYTES


def _linger(client: Any) -> None:
    """Take what the client is still sending, a while: closed at once, it would be reset and never see its answer."""
    with suppress(OSError), gevent.Timeout(LINGER_S, False):
        client.shutdown(socket.SHUT_WR)
        while client.recv(65536):
            gevent.sleep(0)


def _close_idle_connections() -> None:
    """End the connections that wait for a request, as if their clients had left."""
    for connection in list(_idle):
        _idle.discard(connection)
        connection.kill(NoMoreData, block=False)


def _keep_closing_idle_connections() -> None:
    """gunicorn waits for kept-alive connections as if they were requests."""
    while True:
        _close_idle_connections()
        gevent.sleep(LOOK_S)


def worker_exit(_server: Any, worker: Any) -> None:
    """Wait until the last answer is stored: gunicorn waits for requests, not for generations without a listener."""
    drain = getattr(worker, "drain", None)
    if drain is not None:
        worker.served.set()
        drain.join(timeout=graceful_timeout)
        services = worker.wsgi.extensions["chatstream"]
        services.failures.flush()
        services.tracing.close(min(TRACES_S, max(worker.killed_at - time.monotonic() - LOOK_S, 0.1)))


def child_exit(_server: Any, worker: Any) -> None:
    """A worker is gone, in the arbiter's eyes: what it counted stays, what it had open does not."""
    folder.retire(metrics_folder, worker.pid)


def on_exit(_server: Any) -> None:
    """The arbiter is the last to go."""
    folder.delete(metrics_folder)
