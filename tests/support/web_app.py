"""A single-page app to serve: as small as one can be, so that tests of the server do not wait for a build."""

from __future__ import annotations

import gzip
from pathlib import Path

PAGE = '<!doctype html><title>An app</title><script type="module" src="/assets/app-a1b2.js"></script>'
SCRIPT = "document.title = 'It runs';" * 40


def make_web_app(folder: Path) -> Path:
    """Write the files that a build leaves behind; returns ``folder``."""
    assets = folder / "assets"
    assets.mkdir(parents=True)
    (folder / "index.html").write_text(PAGE)
    (assets / "app-a1b2.js").write_text(SCRIPT)
    (assets / "app-a1b2.js.gz").write_bytes(gzip.compress(SCRIPT.encode()))
    (assets / "app-a1b2.js.br").write_bytes(b"not brotli, but smaller")
    (assets / "app-c3d4.css").write_text("body { color: canvastext }")
    return folder
