"""Paging: whatever a venue's manner and whatever it garbles, exactly its finished candles come out, and it ends."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbtui.core.errors import VenueUnreachable
from pbtui.exchange.port import Candles
from pbtui.exchange.public.paging import fetch_pages
from pbtui.exchange.public.venues import Venue

MINUTE = 60_000
GARBLED: tuple[Any, ...] = (
    [],
    [None] * 6,
    ["x", 1, 1, 1, 1, 1],
    [MINUTE, 1.0, 1.0, 1.0],
    [MINUTE, 1.0, math.nan, 1.0, 1.0, 1.0],
    [MINUTE, -1.0, 1.0, 1.0, 1.0, 1.0],
    [MINUTE, 1.0, 0.5, 1.0, 1.0, 1.0],
    [MINUTE, 1.0, 1.0, 1.0, 1.0, math.inf],
    None,
)

# Overlap, windowed, told where to end.
MANNERS = ((0, False, True), (0, False, False), (0, True, False), (1, True, False), (1, False, False))


def row(minute: int) -> list[float]:
    low = 100.0 + minute % 11
    return [minute * MINUTE, low + 0.5, low + 1.0, low, low + 0.25, float(minute % 5)]


@dataclass
class Book:
    """A venue with candles of some minutes that answers in one of the known manners."""

    minutes: list[int]
    overlap: int  # 1: `since` itself is left out of the answer
    windowed: bool
    cap: int  # gives no more than so many a page
    reverse: bool = False
    stray: bool = False  # adds a candle nobody asked for, and one twice
    garbled: dict[int, Any] = field(default_factory=dict)  # placed after the good row of that minute
    asked: int = 0

    async def page(self, since: int, limit: int, params: dict[str, Any]) -> Sequence[Any]:
        self.asked += 1
        first = since // MINUTE + self.overlap
        last = params["until"] // MINUTE if "until" in params else 10**9
        if self.windowed:
            last = min(last, first + limit - 1)
        fitting = [minute for minute in self.minutes if first <= minute <= last][: min(limit, self.cap)]
        page: list[Any] = []
        for minute in fitting:
            page.append(row(minute))
            if minute in self.garbled:
                page.append(self.garbled[minute])
        if page and self.stray:
            page += [page[0], row(first - 40)]
        return page[::-1] if self.reverse else page


def fetch(book: Book, venue: Venue, start: int, end: int, **options: float) -> Candles:
    return asyncio.run(fetch_pages(book.page, venue, "1m", start, end, **options))


@settings(max_examples=200, deadline=None)
@given(
    minutes=st.sets(st.integers(0, 160), max_size=160),
    span=st.tuples(st.integers(40, 160), st.integers(1, 120)),
    offset=st.integers(0, MINUTE - 1),
    page=st.integers(2, 60),
    short=st.integers(0, 58),
    manner=st.sampled_from(MANNERS),
    reverse=st.booleans(),
    stray=st.booleans(),
    garbled=st.dictionaries(st.integers(0, 160), st.sampled_from(GARBLED), max_size=20),
)
def test_exactly_the_finished_candles_of_the_range(
    minutes: set[int],
    span: tuple[int, int],
    offset: int,
    page: int,
    short: int,
    manner: tuple[int, bool, bool],
    reverse: bool,
    stray: bool,
    garbled: dict[int, Any],
) -> None:
    overlap, windowed, until = manner
    start, end = span[0] - min(span[1], span[0]), span[0]
    # A venue's own cap may cut a page short; where pages are windows of time, it can't without losing candles.
    cap = page if windowed else max(1 + overlap, page - short)
    book = Book(sorted(minutes), overlap, windowed, cap, reverse, stray, garbled)
    venue = Venue("v", "v", page=page, until=until, overlap=overlap, windowed=windowed)
    found = fetch(book, venue, start * MINUTE - offset if start else 0, end * MINUTE)
    wanted = [minute for minute in sorted(minutes) if start <= minute < end]
    assert list(found.ts_ms // MINUTE) == wanted
    columns = (found.open, found.high, found.low, found.close, found.volume)
    assert [list(map(float, each)) for each in zip(*columns, strict=True)] == [row(minute)[1:] for minute in wanted]
    assert book.asked <= (end - start) + 2


async def test_a_venue_that_ignores_the_question_is_not_asked_forever() -> None:
    asked: list[int] = []

    async def always_the_oldest(since: int, limit: int, params: dict[str, Any]) -> list[list[float]]:
        asked.append(since)
        return [row(0), row(1)]

    for overlap, windowed in ((0, False), (1, False), (1, True), (0, True)):
        asked.clear()
        venue = Venue("v", "v", page=200, overlap=overlap, windowed=windowed)
        found = await fetch_pages(always_the_oldest, venue, "1m", 500 * MINUTE, 5_000 * MINUTE)
        assert len(found) == 0
        assert len(asked) <= 4_500 // (200 - overlap) + 1


async def test_nothing_but_nonsense_is_an_error_not_an_end() -> None:
    async def nonsense(since: int, limit: int, params: dict[str, Any]) -> list[Any]:
        return [["a"] * 6, None]

    for windowed in (False, True):
        with pytest.raises(VenueUnreachable, match="no sense"):
            await fetch_pages(nonsense, Venue("v", "v", windowed=windowed), "1m", 0, 50 * MINUTE)


def test_the_range_is_asked_for_in_the_venues_manner() -> None:
    asked: list[tuple[int, int, dict[str, Any]]] = []

    async def page(since: int, limit: int, params: dict[str, Any]) -> list[list[float]]:
        asked.append((since // MINUTE, limit, params))
        return [row(minute) for minute in range(since // MINUTE, since // MINUTE + limit)]

    asyncio.run(fetch_pages(page, Venue("v", "v", page=1_000), "1m", 10 * MINUTE, 1_500 * MINUTE))
    assert asked == [
        (10, 1_000, {"until": 1_500 * MINUTE - 1}),
        (1_010, 491, {"until": 1_500 * MINUTE - 1}),
    ]
    asked.clear()
    asyncio.run(fetch_pages(page, Venue("v", "v", page=200, until=False, overlap=1), "1m", 10 * MINUTE, 12 * MINUTE))
    assert asked == [(9, 5, {})]


def test_volumes_in_contracts_become_base_units_and_numbers_are_float32() -> None:
    book = Book(list(range(10)), 0, False, 100)
    found = fetch(book, Venue("v", "v"), 0, 10 * MINUTE, volume_unit=0.1)
    assert np.array_equal(found.volume, np.array([m % 5 * 0.1 for m in range(10)]).astype(np.float32).astype(float))
    assert found.volume.dtype == np.float64
