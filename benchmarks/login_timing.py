"""How long a sign-in takes that fails, for each reason there is: no reason may show in the time.

    python -m benchmarks.login_timing [attempts of each kind]

A worker with production's hashes (bcrypt, 12 rounds), asked over one kept-alive connection, the kinds in turn, so that
a slow moment of the machine falls on all of them. Prints medians, and how far each is from the median of all.
"""

from __future__ import annotations

import statistics
import sys
import time
import uuid
from dataclasses import dataclass, field

import requests

from benchmarks.stage import Stage, Worker

ATTEMPTS = 200
RIGHT, WRONG = "a fine password", "a wrong password"
SHARED_BY = 3


@dataclass
class Kind:
    """One reason to fail, and the milliseconds that each attempt took."""

    name: str
    email: str
    password: str
    took_ms: list[float] = field(default_factory=list)


class Timing:
    """Registers the accounts that the kinds need, and signs in to them in vain."""

    def __init__(self, stage: Stage, worker: Worker) -> None:
        self._stage = stage
        self._url = f"{worker.url}/api/auth"
        self._http = requests.Session()
        active, closed = stage.world.team(), stage.world.team()
        known = self._register(active)
        inactive = self._register(active)
        of_closed = self._register(closed)
        shared = self._register(active)
        for _ in range(SHARED_BY - 1):
            self._register(stage.world.team(), shared)
        stage.ask(f"UPDATE users SET is_active = false WHERE email = '{inactive}'")
        stage.ask(f"UPDATE teams SET is_active = false WHERE id = '{closed}'")
        self.kinds = [
            Kind("unknown address", "nobody@example.org", RIGHT),
            Kind("wrong password", known, WRONG),
            Kind("73 bytes", known, "x" * 73),
            Kind("inactive user", inactive, RIGHT),
            Kind("inactive team", of_closed, RIGHT),
            Kind(f"in {SHARED_BY} teams", shared, WRONG),
        ]

    def attempt(self, kind: Kind) -> None:
        """Fail once."""
        started = time.perf_counter()
        answer = self._http.post(f"{self._url}/login", json={"email": kind.email, "password": kind.password})
        kind.took_ms.append((time.perf_counter() - started) * 1000)
        if answer.status_code != 401:
            raise SystemExit(f"{kind.name}: {answer.status_code}")

    def _register(self, team_id: uuid.UUID, email: str | None = None) -> str:
        email = email or f"{uuid.uuid4().hex}@example.org"
        body = {"email": email, "password": RIGHT, "team_id": str(team_id)}
        self._http.post(f"{self._url}/register", json=body).raise_for_status()
        return email


def main() -> None:
    """Measure, and print a table."""
    attempts = int(sys.argv[1]) if len(sys.argv) > 1 else ATTEMPTS
    with Stage() as stage, stage.worker(BCRYPT_ROUNDS="12") as worker:
        timing = Timing(stage, worker)
        for _ in range(attempts):
            for kind in timing.kinds:
                timing.attempt(kind)
    middle = statistics.median(value for kind in timing.kinds for value in kind.took_ms)
    print("kind              median ms   from the median of all")
    for kind in timing.kinds:
        median = statistics.median(kind.took_ms)
        print(f"{kind.name:<16} {median:10.2f}   {(median / middle - 1) * 100:+.2f} %")


if __name__ == "__main__":
    main()
