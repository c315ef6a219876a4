"""The figures of `make bench`: each module has ``measure(effort)``, which returns a Report."""

from __future__ import annotations

NAMES = (
    "flat_out",
    "paced",
    "exchanges",
    "long_chat",
    "first_token",
    "reads",
    "idle_streams",
    "login",
    "start",
)
"""In the order in which they are measured."""
