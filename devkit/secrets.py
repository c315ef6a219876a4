"""The secrets of a development checkout: made once, kept in a file that only its owner can read."""

from __future__ import annotations

import base64
import os
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final


def _text() -> str:
    return secrets.token_urlsafe(48)


def _key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


_MAKERS: Final[dict[str, Callable[[], str]]] = {
    "JWT_SECRET_KEY": _text,
    "PASSWORD_PEPPER": _text,
    "TOKEN_ENCRYPTION_KEYS": _key,
    "DEMO_WEBHOOK_TOKEN": _text,
}


def development_secrets(file: Path) -> dict[str, str]:
    """The secrets in ``file``, NAME=value a line; those that are missing are made and added.

    The file is never seen half-written. Raises OSError.
    """
    found = _read(file)
    missing = {name: make() for name, make in _MAKERS.items() if not found.get(name)}
    if not missing:
        return found
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = _write(file, found | missing)
    try:
        if found:
            unfinished.replace(file)
        else:
            # A link does not overwrite: of two that start at once, both take the first one's.
            try:
                file.hardlink_to(unfinished)
            except FileExistsError:
                return development_secrets(file) if _read(file) else _replace(unfinished, file)
    finally:
        unfinished.unlink(missing_ok=True)
    return found | missing


def _replace(unfinished: Path, file: Path) -> dict[str, str]:
    """Put ``unfinished`` in the place of an empty ``file``."""
    unfinished.replace(file)
    return _read(file)


def _read(file: Path) -> dict[str, str]:
    try:
        lines = file.read_text().splitlines()
    except FileNotFoundError:
        return {}
    file.chmod(0o600)  # an editor or a copy may have loosened it
    pairs = (line.partition("=") for line in lines if not line.lstrip().startswith("#"))
    return {name.strip(): value.strip() for name, equals, value in pairs if equals}


def _write(file: Path, values: dict[str, str]) -> Path:
    """A finished file beside ``file``, of mode 0600, on the disk."""
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    with os.fdopen(handle, "w") as stream:
        stream.write("# Development secrets, made by devkit. Without them stored passwords and tokens are lost.\n")
        stream.writelines(f"{key}={value}\n" for key, value in values.items())
        stream.flush()
        os.fsync(stream.fileno())
    return Path(name)
