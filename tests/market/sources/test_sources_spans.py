"""Arithmetic of stretches of time against sets of moments."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st
from sources_support import at

from pbtui.core.clock import DAY_MS, MINUTE_MS
from pbtui.market.sources.filing import days_for, months_for
from pbtui.market.store.spans import SpanLike, Stretch, clipped, length, ordered, windows, without

SPANS = st.lists(st.builds(lambda a, n: Stretch(a, a + n), st.integers(0, 60), st.integers(0, 15)), max_size=8)


def moments(spans: Iterable[SpanLike]) -> set[int]:
    return {moment for span in spans for moment in range(span.start_ms, span.end_ms)}


def assert_tidy(spans: list[Stretch]) -> None:
    assert all(span.start_ms < span.end_ms for span in spans)
    assert all(a.end_ms < b.start_ms for a, b in itertools.pairwise(spans))


@given(SPANS, SPANS)
def test_like_sets(one: list[Stretch], other: list[Stretch]) -> None:
    assert moments(ordered(one)) == moments(one)
    assert_tidy(ordered(one))
    left = without(one, other)
    assert moments(left) == moments(one) - moments(other)
    assert all(a.end_ms <= b.start_ms for a, b in itertools.pairwise(left))
    assert moments(clipped(one, 10, 40)) == moments(one) & set(range(10, 40))
    assert length(ordered(one), 1) == len(moments(one))


@given(SPANS, st.integers(1, 10), st.integers(1, 20))
def test_windows_cover_what_is_asked_and_little_else(spans: list[Stretch], near: int, longest: int) -> None:
    made = windows(spans, near_ms=near, longest_ms=longest)
    asked, wanted = moments(made), moments(spans)
    assert wanted <= asked
    assert sum(window.end_ms - window.start_ms for window in made) == len(asked), "nothing twice"
    assert all(0 < window.end_ms - window.start_ms <= longest for window in made)
    for extra in asked - wanted:
        below = max((moment for moment in wanted if moment < extra), default=None)
        above = min((moment for moment in wanted if moment > extra), default=None)
        assert below is not None
        assert above is not None
        assert above - below <= near, "only what lies in a small hole between two wishes"


def test_files_for_what_is_missing() -> None:
    start, end = at("2025-01-10T06:00"), at("2025-04-03T12:00")
    whole = [Stretch(start, end)]
    assert [file.start_ms for file in months_for(whole, end)] == [at("2025-01-01"), at("2025-02-01"), at("2025-03-01")]
    assert [file.start_ms for file in months_for(whole, at("2025-03-31"))] == [at("2025-01-01"), at("2025-02-01")]
    days = days_for(whole, start, end)
    assert days[0].start_ms == at("2025-01-11"), "only whole days"
    assert days[-1].end_ms == at("2025-04-03")
    assert len(days) == 82
    few = [Stretch(at("2025-02-03"), at("2025-02-06")), Stretch(at("2025-02-08T10:00"), at("2025-02-08T13:00"))]
    assert months_for(few, end) == []
    assert [file.start_ms for file in days_for(few, start, end)] == [at(f"2025-02-0{i}") for i in (3, 4, 5)]
    scattered = [
        Stretch(at("2025-02-03") + i * DAY_MS // 24, at("2025-02-03") + i * DAY_MS // 24 + 10 * MINUTE_MS)
        for i in range(24)
    ]
    assert [file.start_ms for file in days_for(scattered, start, end)] == [at("2025-02-03")]
