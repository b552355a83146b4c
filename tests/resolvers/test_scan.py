"""Windows of a read: together they cover every instant once, whatever Jira's counts say."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.figures.periods import millis
from resolvers.scan import Window, balanced, month_windows
from tests.api import at

NOW = millis(at("2026-11-23T12:00Z"))
DAY = 86_400_000
moments = st.integers(min_value=millis(at("2001-01-01")), max_value=NOW + 400 * DAY)


def assert_covers(windows: list[Window], low: int | None, high: int | None) -> None:
    assert windows[0].low == low
    assert windows[-1].high == high
    for before, after in pairwise(windows):
        assert before.high == after.low
        assert before.high is not None
    for window in windows:
        if window.low is not None and window.high is not None:
            assert window.low < window.high


@given(st.none() | moments, st.none() | moments, moments, st.integers(1, 48))
def test_windows_by_month_cover_the_span_without_gap_or_overlap(
    low: int | None, high: int | None, history: int, most: int
) -> None:
    if low is not None and high is not None and low >= high:
        low, high = high, low + 1
    windows = month_windows(low, high, NOW, history, most)
    assert_covers(windows, low, high)
    assert len(windows) <= most + 2


@given(st.data(), st.none() | moments, st.none() | moments)
def test_balanced_windows_cover_the_same_span_whatever_the_counts(
    data: st.DataObject, low: int | None, high: int | None
) -> None:
    if low is not None and high is not None and low >= high:
        low, high = high, low + 1
    windows = month_windows(low, high, NOW, NOW - 800 * DAY, 24)
    counts = data.draw(st.lists(st.integers(0, 100_000), min_size=len(windows), max_size=len(windows)))
    assert_covers(balanced(windows, counts, 500, NOW), low, high)


def test_large_windows_are_split_and_small_ones_joined() -> None:
    edges = [NOW - 4 * DAY, NOW - 3 * DAY, NOW - 2 * DAY, NOW - DAY, NOW]
    windows = [Window(a, b) for a, b in pairwise(edges)]
    cut = balanced(windows, [10, 20, 1000, 5], 250, NOW)
    assert len(cut) == 6
    assert (cut[0].low, cut[0].high) == (edges[0], edges[2])


@pytest.mark.parametrize("window", [Window(None, None), Window(5, None), Window(None, 5)])
def test_an_open_window_has_no_bound_on_that_side(window: Window) -> None:
    assert ("created >=" in window.clause()) == (window.low is not None)
    assert ("created <" in window.clause().replace("created >=", "")) == (window.high is not None)
