"""Whole exchanges, as many as go: a message of somebody who is signed in, two commits, an answer of five tokens."""

from __future__ import annotations

from benchmarks.generator import asked
from benchmarks.lineup import Effort, lineup
from benchmarks.ratios import Goal, quantile
from benchmarks.report import Report
from benchmarks.subjects import Subject

PEOPLE, CHATS, IN_EACH = 20, 10, 5
"""Chats stay short, so that the peer's one array costs it nothing."""

TOKENS = 5
MEASURES = {
    "exchanges_s": "exchanges/s",
    "cpu_us": "CPU of the server, µs an exchange",
    "database_us": "CPU of PostgreSQL, µs an exchange",
    "p50_ms": "time of an exchange, p50, ms",
    "p99_ms": "time of an exchange, p99, ms",
}


def measure(effort: Effort) -> Report:
    """Each person sends its next message when the last answer has ended."""
    chats = effort.of(CHATS)
    count = PEOPLE * chats * IN_EACH
    report = Report("exchanges", f"{count:,} exchanges of {PEOPLE} people at once", MEASURES)
    with lineup(effort, peers=["FastAPI"]) as line:

        def one(subject: Subject) -> dict[str, float]:
            talks = subject.talks(PEOPLE, chats, asked(tokens=TOKENS))
            in_turn = [[talk for talk in own for _ in range(IN_EACH)] for own in talks]
            cost = line.exchange(subject, in_turn, TOKENS)
            times = [answer.total_ms for answer in cost.answers]
            return {
                "exchanges_s": count / cost.seconds,
                "cpu_us": cost.cpu_s / count * 1e6,
                "database_us": cost.database_cpu_s / count * 1e6,
                "p50_ms": quantile(times, 0.5),
                "p99_ms": quantile(times, 0.99),
            }

        line.play(report, one)
    report.against("exchanges/s, against FastAPI", "exchanges_s", "FastAPI", Goal("at least", 1.5))
    return report
