"""Sign-ins with production's hashes, many at once, and what they do to somebody else's requests meanwhile."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from benchmarks.generator import asked
from benchmarks.lineup import Effort, lineup
from benchmarks.pinger import Pinger
from benchmarks.ratios import Goal, quantile
from benchmarks.report import Report, Verdict
from benchmarks.stage import sign_in
from benchmarks.subjects import Subject

LOGINS, ROUNDS = 20, 12
QUIET_S = 3.0
MEASURES = {
    "quiet_ms": "a list of chats while nobody signs in, p50, ms",
    "p50_ms": "the same meanwhile, p50, ms",
    "p99_ms": "the same meanwhile, p99, ms",
    "delay_ms": "its greatest delay beyond the quiet p50, ms",
    "logins_s": "sign-ins/s",
}


def measure(effort: Effort) -> Report:
    """One person reads its list of chats every 20 ms; then others sign in as well."""
    logins = effort.of(LOGINS)
    report = Report("login", f"{logins} sign-ins at once (bcrypt, {ROUNDS} rounds)", MEASURES)
    with lineup(effort, peers=["FastAPI"]) as line:
        emails = {name: subject.accounts(logins, ROUNDS) for name, subject in line.subjects.items()}
        line.play(report, lambda subject: _one(subject, emails[subject.name]))
    goal = Goal("at most", 50)
    report.verdicts.append(Verdict("greatest delay", report.rounds.of("ChatStream", "delay_ms"), goal, "ms"))
    return report


def _one(subject: Subject, emails: list[str]) -> dict[str, float]:
    ((talk,),) = subject.talks(1, 1, asked(tokens=1))
    quiet = quantile(_pinged(Pinger(subject.port, "/api/chats/", QUIET_S, talk.cookie)), 0.5)
    url = f"http://127.0.0.1:{subject.port}"
    pinger = Pinger(subject.port, "/api/chats/", 60, talk.cookie)
    with ThreadPoolExecutor(len(emails)) as people:
        time.sleep(0.5)  # the pinger has begun
        begun = time.monotonic()
        list(people.map(lambda email: sign_in(url, email), emails))
        took = time.monotonic() - begun
    pinger.stop()
    delays = _pinged(pinger)
    return {
        "quiet_ms": quiet,
        "p50_ms": quantile(delays, 0.5),
        "p99_ms": quantile(delays, 0.99),
        "delay_ms": max(delays) - quiet,
        "logins_s": len(emails) / took,
    }


def _pinged(pinger: Pinger) -> list[float]:
    delays = pinger.delays()
    if pinger.refused:
        raise SystemExit(f"{pinger.refused} requests were refused")
    return delays
