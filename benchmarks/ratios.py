"""Medians, spreads and ratios of rounds. Pure.

Rounds of the same number lie next to each other in time, so that a ratio is taken within a round and a slow minute of
the machine falls on both sides of it. What is told is the median of these ratios, with the least and the greatest.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Self


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some values, the least and the greatest of them."""

    median: float
    least: float
    greatest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """Raises ValueError where there are none."""
        if not values:
            raise ValueError("there are no values")
        return cls(statistics.median(values), min(values), max(values))


@dataclass(frozen=True, slots=True)
class Goal:
    """What a value must reach: at least or at most ``bound``."""

    sense: Literal["at least", "at most"]
    bound: float

    def is_reached(self, value: float) -> bool:
        """Whether ``value`` is on the right side of the bound; on it counts."""
        return value >= self.bound if self.sense == "at least" else value <= self.bound

    def __str__(self) -> str:
        return f"{self.sense} {self.bound:g}"


@dataclass(slots=True)
class Rounds:
    """What was measured: for each subject, in each round, a value for each measure."""

    values: dict[str, list[Mapping[str, float]]] = field(default_factory=dict)

    def add(self, subject: str, measured: Mapping[str, float]) -> None:
        """The next round of ``subject``."""
        self.values.setdefault(subject, []).append(measured)

    def of(self, subject: str, measure: str) -> list[float]:
        """The values of one measure, by round."""
        return [measured[measure] for measured in self.values[subject]]

    def ratios(self, measure: str, subject: str, other: str) -> list[float]:
        """``subject`` : ``other``, by round. Raises ValueError where they have different numbers of rounds."""
        return [a / b for a, b in zip(self.of(subject, measure), self.of(other, measure), strict=True)]


def order(subjects: Sequence[str], rounds: int) -> list[list[str]]:
    """Who is measured after whom: A B C, C B A, A B C … so that what drifts falls on all."""
    return [list(subjects if number % 2 == 0 else reversed(subjects)) for number in range(rounds)]


def quantile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` of them do not exceed; 0.5 is a median. Raises ValueError where there are none."""
    if not values:
        raise ValueError("there are no values")
    return sorted(values)[int((len(values) - 1) * share)]
