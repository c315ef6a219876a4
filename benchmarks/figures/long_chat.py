"""What the length of a chat does to a send: the same exchange in a short chat and in a long one, by turns."""

from __future__ import annotations

from benchmarks.generator import asked
from benchmarks.lineup import Effort, lineup
from benchmarks.ratios import Goal, quantile
from benchmarks.report import Report, Verdict
from benchmarks.subjects import Subject

SHORT, LONG = 10, 5000
CHATS, IN_EACH = 4, 5
TOKENS = 5
PAUSE_S = 0.02
MEASURES = {
    "short_ms": f"an exchange in a chat of {SHORT} messages, p50, ms",
    "long_ms": f"an exchange in a chat of {LONG} messages, p50, ms",
    "ratio": "long : short",
}


def measure(effort: Effort) -> Report:
    """One person; messages go to a short chat and to a long one in turn."""
    length = effort.of(LONG)
    report = Report("long_chat", f"send in a chat of {length:,} messages against one of {SHORT}", MEASURES)
    with lineup(effort, peers=["FastAPI"]) as line:

        def one(subject: Subject) -> dict[str, float]:
            (short,) = subject.talks(1, CHATS, asked(tokens=TOKENS), held=SHORT)
            (long,) = subject.talks(1, CHATS, asked(tokens=TOKENS), held=length)
            in_turn = [talk for pair in zip(short, long, strict=True) for _ in range(IN_EACH) for talk in pair]
            answers = line.exchange(subject, [in_turn], TOKENS, pause_s=PAUSE_S).answers
            short_ms = quantile([answer.total_ms for answer in answers[::2]], 0.5)
            long_ms = quantile([answer.total_ms for answer in answers[1::2]], 0.5)
            return {"short_ms": short_ms, "long_ms": long_ms, "ratio": long_ms / short_ms}

        line.play(report, one)
    ratios = report.rounds.of("ChatStream", "ratio")
    report.verdicts.append(Verdict("long chat : short chat", ratios, Goal("at most", 1.5), "times"))
    return report
