"""What a figure found, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from benchmarks.ratios import Goal, Rounds, Spread


@dataclass(frozen=True, slots=True)
class Verdict:
    """A value that has a goal, round by round."""

    what: str
    values: Sequence[float]
    goal: Goal
    unit: str = ""

    @property
    def is_reached(self) -> bool:
        """Whether the median is where it should be."""
        return self.goal.is_reached(Spread.of(self.values).median)


@dataclass(slots=True)
class Report:
    """``measures`` names what the rounds hold: by key, in the order of the table."""

    name: str
    title: str
    measures: dict[str, str]
    rounds: Rounds = field(default_factory=Rounds)
    verdicts: list[Verdict] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def against(self, what: str, measure: str, other: str, goal: Goal, subject: str = "ChatStream") -> None:
        """Judge the ratio of ``subject`` to ``other``, where both were measured."""
        if other not in self.rounds.values:
            return
        self.verdicts.append(Verdict(what, self.rounds.ratios(measure, subject, other), goal, "times"))


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _number(value: float) -> str:
    """Three digits at least, and thousands set apart."""
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.2f}"


def spread(values: Sequence[float]) -> str:
    """``median (least to greatest)``."""
    found = Spread.of(values)
    return f"{_number(found.median)} ({_number(found.least)} to {_number(found.greatest)})"


def details(report: Report) -> str:
    """A figure by itself: what was measured of whom, and the verdicts."""
    subjects = list(report.rounds.values)
    lines = [f"### {report.name}: {report.title}", ""]
    lines += [_row(["", *subjects]), _row(["---"] * (len(subjects) + 1))]
    for key, words in report.measures.items():
        cells = [
            spread(report.rounds.of(subject, key)) if key in report.rounds.values[subject][0] else ""
            for subject in subjects
        ]
        lines.append(_row([words, *cells]))
    return "\n".join([*lines, "", *(f"- {note}" for note in report.notes)]).rstrip() + "\n"


def summary(reports: Iterable[Report]) -> str:
    """Every verdict of every figure, in one table."""
    lines = [_row(["figure", "what", "median (least to greatest)", "goal", "reached"]), _row(["---"] * 5)]
    for report in reports:
        for verdict in report.verdicts:
            cells = [report.name, verdict.what, f"{spread(verdict.values)} {verdict.unit}".strip()]
            lines.append(_row([*cells, str(verdict.goal), "yes" if verdict.is_reached else "**no**"]))
    return "\n".join(lines) + "\n"
