"""Candles of a venue are kept for the next run: asked for once, and trading goes on without a disk."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from pbtui.core.clock import MINUTE_MS, RealClock
from pbtui.core.errors import VenueUnreachable
from pbtui.exchange.port import Candles
from pbtui.market.kept import KeptCandles
from pbtui.market.store import CandleStore, Trouble

SYMBOL = "SOL/USDT:USDT"
FIRST = 1_746_835_200_000


@dataclass
class Venue:
    """Answers with candles whose numbers follow from their minute, and notes what it was asked."""

    asked: list[tuple[int, int]] = field(default_factory=list)
    absent: set[int] = field(default_factory=set)
    down: bool = False

    async def __call__(self, start_ms: int, end_ms: int) -> Candles:
        if self.down:
            raise VenueUnreachable("no answer")
        self.asked.append(((start_ms - FIRST) // MINUTE_MS, (end_ms - FIRST) // MINUTE_MS))
        ts = np.arange(start_ms, end_ms, MINUTE_MS, dtype=np.int64)
        ts = ts[[int(t - FIRST) // MINUTE_MS not in self.absent for t in ts]]
        base = np.float32(100) + ((ts - FIRST) // MINUTE_MS).astype(np.float32) * np.float32(0.37)
        close = base.astype(np.float64)
        return Candles(ts, close, close, close, close, close)


@dataclass
class Kept:
    """A shelf over a store on disk."""

    folder: Path
    venue: Venue
    troubles: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = CandleStore(self.folder, "bybit", clock=RealClock(), on_trouble=self.tell)
        self.shelf = KeptCandles(self.store)

    def tell(self, trouble: Trouble) -> None:
        self.troubles.append(trouble.line())

    async def fill(self, first: int, end: int, *, now: float | None = None) -> Candles:
        """Ask for minutes [first, end), at a time in minutes after the beginning; by default long afterwards."""
        moment = FIRST + (end + 100 if now is None else now) * MINUTE_MS
        start_ms, end_ms = FIRST + first * MINUTE_MS, FIRST + end * MINUTE_MS
        return await self.shelf.fill(SYMBOL, "1m", start_ms, end_ms, now_ms=moment, ask=self.venue)


async def same(candles: Candles, first: int, end: int) -> bool:
    told = await Venue()(FIRST + first * MINUTE_MS, FIRST + end * MINUTE_MS)
    return all(np.array_equal(getattr(candles, name), getattr(told, name)) for name in ("ts_ms", "close", "volume"))


async def test_the_next_run_asks_only_for_what_happened_since(tmp_path: Path) -> None:
    one = Kept(tmp_path, Venue())
    assert await same(await one.fill(0, 3_000), 0, 3_000)
    await one.shelf.close()
    two = Kept(tmp_path, Venue())
    assert await same(await two.fill(0, 3_200), 0, 3_200)
    assert two.venue.asked == [(3_000, 3_200)]
    assert await same(await two.fill(100, 3_200), 100, 3_200)
    assert two.venue.asked == [(3_000, 3_200)]
    assert one.troubles == two.troubles == []


async def test_single_minutes_wait_and_are_written_together_or_at_the_end(tmp_path: Path) -> None:
    kept = Kept(tmp_path, Venue())
    await kept.fill(0, 100)
    for minute in range(100, 129):
        await kept.fill(minute, minute + 1, now=minute + 1.5)
    assert kept.store.coverage(SYMBOL).count == 100
    assert await same(await kept.fill(0, 129), 0, 129), "what waits counts as held"
    assert len(kept.venue.asked) == 1 + 29
    await kept.fill(129, 130, now=130.5)
    assert kept.store.coverage(SYMBOL).count == 130
    await kept.fill(130, 131, now=131.5)
    await kept.shelf.close()
    assert kept.store.coverage(SYMBOL).count == 131


async def test_a_candle_that_may_still_change_is_not_kept(tmp_path: Path) -> None:
    kept = Kept(tmp_path, Venue())
    await kept.fill(0, 50, now=50.1)
    await kept.shelf.close()
    assert kept.store.coverage(SYMBOL).count == 49


async def test_what_the_venue_does_not_have_is_asked_for_again(tmp_path: Path) -> None:
    kept = Kept(tmp_path, Venue(absent=set(range(600, 700))))
    assert len(await kept.fill(0, 2_000)) == 1_900
    kept.venue.absent.clear()
    assert await same(await kept.fill(0, 2_000), 0, 2_000)
    assert kept.venue.asked == [(0, 2_000), (600, 700)]


async def test_an_outage_is_raised_and_what_was_read_before_stays(tmp_path: Path) -> None:
    kept = Kept(tmp_path, Venue())
    await kept.fill(0, 500)
    kept.venue.down = True
    assert await same(await kept.fill(0, 500), 0, 500)
    with pytest.raises(VenueUnreachable):
        await kept.fill(0, 600)


async def test_without_a_disk_the_venue_is_asked_and_the_store_says_why(tmp_path: Path) -> None:
    (tmp_path / "bybit").write_text("a file where the folder should be")
    kept = Kept(tmp_path, Venue())
    for _ in range(3):
        assert await same(await kept.fill(0, 200), 0, 200)
    assert len(kept.venue.asked) == 3
    assert any("cannot be written" in text for text in kept.troubles)


async def test_a_damaged_file_is_put_aside_and_asked_for_again(tmp_path: Path) -> None:
    kept = Kept(tmp_path, Venue())
    await kept.fill(0, 3_000)
    await kept.shelf.close()
    damaged = next(iter(sorted((tmp_path / "bybit").rglob("*.parquet"))))
    data = bytearray(damaged.read_bytes())
    data[len(data) // 2] ^= 0x10
    damaged.write_bytes(bytes(data))
    again = Kept(tmp_path, Venue())
    assert await same(await again.fill(0, 3_000), 0, 3_000)
    assert again.troubles
    assert again.venue.asked
