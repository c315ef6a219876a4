"""An idle server and one person: from the POST to the first token. What `benchmarks/first_token.py` measures from the
clone is something else."""

from __future__ import annotations

from benchmarks.generator import asked
from benchmarks.lineup import Effort, lineup
from benchmarks.ratios import Goal, quantile
from benchmarks.report import Report
from benchmarks.subjects import Subject

CHATS, IN_EACH, HELD = 10, 5, 10
TOKENS = 5
PAUSE_S = 0.05
MEASURES = {
    "first_ms": "POST to first token, p50, ms",
    "first_p90_ms": "POST to first token, p90, ms",
    "total_ms": "POST to the end, p50, ms",
}


def measure(effort: Effort) -> Report:
    """One message after the other, with pauses between them."""
    chats = effort.of(CHATS)
    report = Report("first_token", f"{chats * IN_EACH} messages of one person, {PAUSE_S * 1000:.0f} ms apart", MEASURES)
    with lineup(effort, peers=["FastAPI"]) as line:

        def one(subject: Subject) -> dict[str, float]:
            (own,) = subject.talks(1, chats, asked(tokens=TOKENS), held=HELD)
            in_turn = [talk for talk in own for _ in range(IN_EACH)]
            answers = line.exchange(subject, [in_turn], TOKENS, pause_s=PAUSE_S).answers
            first = [answer.first_ms for answer in answers]
            return {
                "first_ms": quantile(first, 0.5),
                "first_p90_ms": quantile(first, 0.9),
                "total_ms": quantile([answer.total_ms for answer in answers], 0.5),
            }

        line.play(report, one)
    report.against("POST to first token, against FastAPI", "first_ms", "FastAPI", Goal("at most", 1.0))
    return report
