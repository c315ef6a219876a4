"""ChatStream with traces on, to be measured against ChatStream by benchmarks/traces.py."""

from __future__ import annotations

from dataclasses import replace

from chatstream import create_app
from chatstream.config import Settings

app = create_app(replace(Settings.from_environment(), traces="on"))
