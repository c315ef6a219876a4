"""What metrics and log lines cost: CPU of the worker a token, against the same without them.

    python -m benchmarks.metrics [rounds]

The loads are those of benchmarks/shared_log.py; lines are written on the level ``info``.
"""

from __future__ import annotations

import sys

from benchmarks.shared_log import ROUNDS, compare
from benchmarks.stage import Stage


def main() -> None:
    """With them and without."""
    with Stage() as stage:
        stage.variables["LOG_LEVEL"] = "info"
        compare(stage, int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS, less="benchmarks.without_metrics:app")


if __name__ == "__main__":
    main()
