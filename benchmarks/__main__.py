"""`make bench`: measures the figures that are named, all of them when none is, and prints Markdown.

    python -m benchmarks [NAME ...] [--rounds 5] [--share 1.0] [--peers FastAPI,nginx] [--profile FOLDER]

What goes on meanwhile is told on standard error. The exit code is 1 when an answer was not what the database holds;
a goal that is not reached is said in the table.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
from pathlib import Path

from benchmarks.checks import Mismatch
from benchmarks.figures import NAMES
from benchmarks.lineup import PEERS, Effort
from benchmarks.profiles import table
from benchmarks.report import Report, details, summary


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure ChatStream beside its peers.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--rounds", type=int, default=Effort().rounds, help="how often each subject is measured")
    parser.add_argument("--share", type=float, default=Effort().share, help="of each load, to try things out")
    parser.add_argument("--peers", default=",".join(PEERS), help="those to measure against, with commas; or none")
    parser.add_argument("--profile", type=Path, metavar="FOLDER", help="profiles of ChatStream, in FOLDER/NAME")
    found = parser.parse_args()
    if unknown := set(found.names) - set(NAMES):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    found.peers = tuple(name for name in found.peers.split(",") if name and name != "none")
    if unknown := set(found.peers) - set(PEERS):
        parser.error(f"there is no peer {', '.join(sorted(unknown))}; there are {', '.join(PEERS)}")
    return found


def _machine() -> str:
    cores = len(os.sched_getaffinity(0))
    return f"{platform.system()} {platform.machine()}, {cores} cores, Python {platform.python_version()}"


def main() -> None:
    """Measure one figure after the other; each is printed as soon as it is known."""
    found = _arguments()
    print(f"{_machine()}; medians of {found.rounds} rounds, least and greatest in brackets.\n", flush=True)
    reports: list[Report] = []
    for name in found.names or NAMES:
        print(name, file=sys.stderr, flush=True)
        profiles = found.profile and found.profile.absolute() / name
        if profiles:
            profiles.mkdir(parents=True, exist_ok=True)
        effort = Effort(found.rounds, found.share, found.peers, profiles)
        try:
            report = importlib.import_module(f"benchmarks.figures.{name}").measure(effort)
        except Mismatch as mismatch:
            sys.exit(f"{name}: {mismatch}")
        reports.append(report)
        print(details(report), flush=True)
        if profiles:
            print(table(sorted(profiles.glob("round-*.txt"))), file=sys.stderr, flush=True)
    if any(report.verdicts for report in reports):
        print("### Goals\n\n" + summary(reports), flush=True)


if __name__ == "__main__":
    main()
