"""Medians, spreads, ratios and goals of benchmarks, and the table that tells them."""

from __future__ import annotations

import pytest

from benchmarks.ratios import Goal, Rounds, Spread, order, quantile
from benchmarks.report import Report, Verdict, details, spread, summary


def test_a_spread_is_a_median_between_its_ends() -> None:
    assert Spread.of([3, 1, 10, 2]) == Spread(median=2.5, least=1, greatest=10)


def test_nothing_has_no_spread() -> None:
    with pytest.raises(ValueError, match="no values"):
        Spread.of([])


def test_a_ratio_is_taken_within_a_round() -> None:
    rounds = Rounds()
    for ours, theirs in ((10, 5), (300, 100), (8, 8)):  # the second round was on a machine that was quicker for both
        rounds.add("ours", {"rate": ours})
        rounds.add("theirs", {"rate": theirs})
    assert rounds.ratios("rate", "ours", "theirs") == [2, 3, 1]
    assert Spread.of(rounds.ratios("rate", "ours", "theirs")).median == 2


def test_rounds_that_do_not_pair_up_are_refused() -> None:
    rounds = Rounds()
    rounds.add("ours", {"rate": 1})
    rounds.add("ours", {"rate": 1})
    rounds.add("theirs", {"rate": 1})
    with pytest.raises(ValueError, match="zip"):
        rounds.ratios("rate", "ours", "theirs")


def test_subjects_take_turns() -> None:
    assert order(["a", "b", "c"], 3) == [["a", "b", "c"], ["c", "b", "a"], ["a", "b", "c"]]


@pytest.mark.parametrize(("share", "value"), [(0, 1), (0.5, 3), (0.99, 4), (1, 5)])
def test_a_quantile_is_one_of_the_values(share: float, value: float) -> None:
    assert quantile([5, 3, 1, 4, 2], share) == value


def test_a_goal_is_reached_on_its_bound() -> None:
    assert Goal("at least", 2).is_reached(2)
    assert not Goal("at least", 2).is_reached(1.99)
    assert Goal("at most", 2).is_reached(2)
    assert not Goal("at most", 2).is_reached(2.01)


def test_the_median_decides_and_not_the_best_round() -> None:
    assert not Verdict("rate", [0.9, 1.2, 5.0], Goal("at least", 2)).is_reached
    assert Verdict("rate", [0.9, 2.2, 5.0], Goal("at least", 2)).is_reached


def test_numbers_are_told_with_what_they_are_good_for() -> None:
    assert spread([1234.5, 0.123, 45.67]) == "45.7 (0.12 to 1,234)"


def _report() -> Report:
    report = Report("speed", "how quick", {"rate": "things/s", "own": "only ours"})
    for ours, theirs in ((30, 10), (50, 10)):
        report.rounds.add("ChatStream", {"rate": ours, "own": 7})
        report.rounds.add("Peer", {"rate": theirs})
    return report


def test_a_figure_is_a_table_of_measures_by_subject() -> None:
    assert details(_report()).splitlines() == [
        "### speed: how quick",
        "",
        "|  | ChatStream | Peer |",
        "| --- | --- | --- |",
        "| things/s | 40.0 (30.0 to 50.0) | 10.0 (10.0 to 10.0) |",
        "| only ours | 7.00 (7.00 to 7.00) |  |",
    ]


def test_a_goal_that_is_missed_is_said() -> None:
    report = _report()
    report.against("things/s", "rate", "Peer", Goal("at least", 4))
    report.against("things/s", "rate", "Peer", Goal("at least", 4.5))
    report.against("things/s", "rate", "Absent", Goal("at least", 9))
    assert summary([report]).splitlines()[2:] == [
        "| speed | things/s | 4.00 (3.00 to 5.00) times | at least 4 | yes |",
        "| speed | things/s | 4.00 (3.00 to 5.00) times | at least 4.5 | **no** |",
    ]
