"""Write docs/REFERENCE.md."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from chatstream import create_app
from chatstream.config import Settings
from devkit.reference import page
from devkit.secrets import development_secrets

ROOT = Path(__file__).parent.parent.parent


def main() -> None:
    """The settings are those of development: the page says nothing that depends on them."""
    with TemporaryDirectory() as folder:
        secrets = development_secrets(Path(folder) / "secrets.env")
    nowhere = {"CHATSTREAM_ENV": "development", "DATABASE_URL": "postgresql://localhost/nowhere"}
    app = create_app(Settings.from_environment({**secrets, **nowhere}))
    (ROOT / "docs" / "REFERENCE.md").write_text(page(app))


if __name__ == "__main__":
    main()
