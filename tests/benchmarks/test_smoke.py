"""The harness measures: a worker, a durable PostgreSQL, the stand-in workflow and the clients, on a very small load.

The peers are left out: their packages are not among those of the tests.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

import pytest

from tests.support.server import ROOT

pytestmark = pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")


def test_a_figure_is_measured_and_every_answer_checked() -> None:
    command = [sys.executable, "-m", "benchmarks", "first_token", "--rounds", "1", "--share", "0.1", "--peers", "none"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    assert "### first_token: 5 messages of one person" in done.stdout
    found = re.search(r"\| POST to first token, p50, ms \| ([\d.,]+) \(", done.stdout)
    assert found, done.stdout
    assert float(found[1].replace(",", "")) > 0


def test_an_unknown_figure_is_refused() -> None:
    done = subprocess.run([sys.executable, "-m", "benchmarks", "speed"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "there is no speed; there are flat_out," in done.stderr
