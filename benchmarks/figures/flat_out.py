"""Some streams whose workflow sends as fast as it is read: how many tokens a second get through."""

from __future__ import annotations

from benchmarks.generator import asked
from benchmarks.lineup import Effort, lineup
from benchmarks.ratios import Goal
from benchmarks.report import Report
from benchmarks.subjects import Subject

STREAMS, TOKENS = 20, 15_000
MEASURES = {
    "tokens_s": "tokens/s",
    "cpu_us": "CPU of the server, µs a token",
    "database_us": "CPU of PostgreSQL, µs a token",
    "generator_us": "CPU of the workflow and the clients, µs a token",
    "coalescing": "tokens a frame",
}


def measure(effort: Effort) -> Report:
    """Each person sends one message; the clock runs from the first request to the last end."""
    tokens = effort.of(TOKENS)
    report = Report("flat_out", f"{STREAMS} streams flat out, {tokens:,} tokens each", MEASURES)
    with lineup(effort) as line:

        def one(subject: Subject) -> dict[str, float]:
            cost = line.exchange(subject, subject.talks(STREAMS, 1, asked(tokens=tokens)), tokens)
            total = STREAMS * tokens
            return {
                "tokens_s": total / cost.seconds,
                "cpu_us": cost.cpu_s / total * 1e6,
                "database_us": cost.database_cpu_s / total * 1e6,
                "generator_us": cost.generator_cpu_s / total * 1e6,
                "coalescing": total / sum(answer.frames for answer in cost.answers),
            }

        line.play(report, one)
        report.against("tokens/s, against FastAPI", "tokens_s", "FastAPI", Goal("at least", 2.0))
        report.against("tokens/s, against nginx", "tokens_s", "nginx", Goal("at least", 1.0))
    return report
