"""Fetching what is missing: once, again for holes, never in silence; and candles that change meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from prepare_support import MAY_31, HeldRows, World, minutes, request, rows_of, symbol_of, venue

from pbtui.core.clock import MINUTE_MS
from pbtui.core.errors import VenueUnreachable
from pbtui.market.prepare import NoData
from pbtui.market.store.rows import Rows

WHOLE = rows_of(minutes(MAY_31, 1441))
BTC = symbol_of("BTC")


@dataclass
class Outside:
    """What the exchange has; a fetch brings what is missing, a hole only when asked again for it."""

    store: HeldRows
    rows: dict[str, Rows]
    withheld: slice = field(default_factory=lambda: slice(0, 0))
    calls: list[tuple[str, str, int, int, bool]] = field(default_factory=list)

    async def __call__(
        self, exchange: str, symbol: str, start_ms: int, end_ms: int, *, refetch_gaps: bool = False
    ) -> None:
        self.calls.append((exchange, symbol, start_ms, end_ms, refetch_gaps))
        if symbol in self.rows:
            rows = self.rows[symbol]
            self.store.rows[symbol] = rows if refetch_gaps else np.delete(rows, self.withheld)


def make(base_dir: Path, *coins: str, **held: Rows) -> tuple[World, Outside]:
    store = HeldRows({symbol_of(coin): rows for coin, rows in held.items()})
    outside = Outside(store, {symbol_of(coin): WHOLE for coin in coins})
    return World({"binance": venue("binance", coins)}, {"binance": store}, base_dir, ensure=outside), outside


def test_each_feed_is_fetched_once_for_the_whole_window(tmp_path: Path) -> None:
    world, outside = make(tmp_path, "BTC", "ETH")
    data = world.prepare(request(warmup_minutes=0))
    end = MAY_31 + 1441 * MINUTE_MS
    assert sorted(outside.calls) == [
        ("binance", BTC, MAY_31, end, False),
        ("binance", symbol_of("ETH"), MAY_31, end, False),
    ]
    assert data.hlcvs[:, 1, 2].tolist() == WHOLE["c"].tolist()


def test_a_wide_hole_is_asked_for_once_more(tmp_path: Path) -> None:
    world, outside = make(tmp_path, "BTC")
    outside.withheld = slice(300, 500)
    data = world.prepare(request())
    assert [call[4] for call in outside.calls] == [False, True]
    assert data.hlcvs[:, 0, 2].tolist() == WHOLE["c"].tolist()


def test_a_hole_that_stays_drops_the_coin_with_its_place(tmp_path: Path) -> None:
    world, outside = make(tmp_path, "BTC", "ETH")
    outside.rows[symbol_of("ETH")] = np.delete(WHOLE, slice(300, 500))
    for _ in range(2):  # made, then found
        data = world.prepare(request())
        assert [item.coin for item in data.coins] == ["BTC"]
        assert data.notes == (
            "ETH is left out: binance has no candles for 200 minutes after 2025-05-31 04:59 "
            "(backtest.gap_tolerance_ohlcvs_minutes 120)",
        )
    assert [call[4] for call in outside.calls if call[1] != BTC] == [False, True, False]


def test_without_any_usable_coin_the_reasons_are_told(tmp_path: Path) -> None:
    world, _ = make(tmp_path, "BTC", BTC=np.delete(WHOLE, slice(300, 500)))
    world.ensure = None
    with pytest.raises(NoData, match="no coin is left to run on: BTC is left out: binance has no candles for 200 min"):
        world.prepare(request(coins=("BTC",)))
    world.stores["binance"].rows.clear()
    with pytest.raises(NoData, match="binance has no candle of it in the window"):
        world.prepare(request(coins=("BTC",)))
    with pytest.raises(NoData, match="XMR is left out: no market on binance"):
        world.prepare(request(coins=("XMR",)))


def test_a_venue_that_cannot_be_asked_stops_the_run(tmp_path: Path) -> None:
    world, _ = make(tmp_path, "BTC", "ETH", BTC=WHOLE, ETH=WHOLE)

    async def unreachable(*_: object, **__: object) -> None:
        raise VenueUnreachable("binance does not answer")

    world.ensure = unreachable
    with pytest.raises(VenueUnreachable, match="does not answer"):
        world.prepare(request())


def test_day_files_are_used_without_asking_anybody(tmp_path: Path) -> None:
    world, outside = make(tmp_path, "BTC")
    folder = tmp_path / "tree" / "binance" / "1m" / "BTC"
    folder.mkdir(parents=True)
    np.savez(folder / "2025-05-31.npz", candles=WHOLE[:-1])
    data = world.prepare(request(source_dir=tmp_path / "tree", end_ms=MAY_31 + 1439 * MINUTE_MS))
    assert outside.calls == []
    assert data.hlcvs[:, 0, 2].tolist() == WHOLE["c"][:-1].tolist()


def test_btc_comes_from_binance_where_the_own_exchange_has_none(tmp_path: Path) -> None:
    store = HeldRows({symbol_of("SOL"): WHOLE})
    binance = HeldRows({BTC: rows_of(minutes(MAY_31 + 9 * MINUTE_MS, 1000), seed=7, price=9e4)})
    world = World({"bybit": venue("bybit", ["SOL"])}, {"bybit": store, "binance": binance}, tmp_path)
    data = world.prepare(request(exchanges=("bybit",)))
    assert data.btc_source == "binance"
    closes = binance.rows[BTC]["c"].astype(np.float64).tolist()
    assert data.btc_usd.tolist() == closes[:1] * 9 + closes + closes[-1:] * (1441 - 1009)
    del binance.rows[BTC]
    with pytest.raises(NoData, match="no candles of BTC on bybit and binance"):
        world.prepare(request(exchanges=("bybit",)))


def test_a_coin_that_begins_late_or_ends_early_is_told(tmp_path: Path) -> None:
    store = HeldRows({BTC: WHOLE, symbol_of("SOL"): WHOLE[200:900]})
    world = World({"binance": venue("binance", ["BTC", "SOL"])}, {"binance": store}, tmp_path)
    data = world.prepare(request())
    assert data.notes == (
        "SOL on binance: candles begin only at 2025-05-31 03:20",
        "SOL on binance: candles end at 2025-05-31 14:59, flat from there on",
    )
    sol = data.coins[1]
    assert (sol.first_valid, sol.last_valid, sol.first_minute, sol.last_minute) == (200, 1440, 200, 1440)
    assert data.hlcvs[900:, 1].tolist() == [[float(WHOLE["c"][899])] * 3 + [0.0]] * 541
    listed = venue("binance", ["BTC", "SOL"], {"SOL": MAY_31 + 200 * MINUTE_MS})
    again = World({"binance": listed}, {"binance": store}, tmp_path / "other").prepare(request())
    assert again.notes == data.notes[1:]  # it was listed then: nothing is missing


class Restless(HeldRows):
    """A store into which another process writes while it is read."""

    changes = 0

    def read(self, symbol: str, start_ms: int, end_ms: int) -> Rows:
        rows = super().read(symbol, start_ms, end_ms).copy()
        if self.changes:
            self.changes -= 1
            self.rows[symbol] = self.rows[symbol].copy()
            self.rows[symbol]["c"][77] += 1
        return rows


def test_candles_that_change_meanwhile_are_read_again(tmp_path: Path) -> None:
    store = Restless({BTC: WHOLE})
    store.changes = 2
    world = World({"binance": venue("binance", ["BTC"])}, {"binance": store}, tmp_path)
    data = world.prepare(request())
    assert data.hlcvs[:, 0, 2].tolist() == store.rows[BTC]["c"].tolist()
    assert store.changes == 0
    assert world.prepare(request()).path == data.path


def test_candles_that_never_rest_are_used_but_not_kept_for_others(tmp_path: Path) -> None:
    store = Restless({BTC: WHOLE})
    store.changes = 1000
    world = World({"binance": venue("binance", ["BTC"])}, {"binance": store}, tmp_path)
    assert world.prepare(request()).hlcvs.shape == (1441, 1, 4)
    assert not (tmp_path / "caches" / "datasets" / "inputs").exists()


def test_settings_of_another_exchange_and_guessed_ones_are_told(tmp_path: Path) -> None:
    stores = {"binance": HeldRows({BTC: WHOLE}), "bybit": HeldRows({BTC: WHOLE[5:]})}
    venues = {"binance": venue("binance", ["BTC"], derived=True), "bybit": venue("bybit", ["BTC"], min_cost=7.0)}
    world = World(venues, stores, tmp_path)
    asked = {"exchanges": ("binance", "bybit")}
    data = world.prepare(request(**asked, market_settings_sources={"BTC": "bybit"}))
    (coin,) = data.coins
    assert (coin.ohlcv_source, coin.exchange, coin.market.min_cost) == ("binance", "bybit", 7.0)
    assert data.notes == ()
    data = world.prepare(request(**asked, market_settings_sources={"BTC": "okx"}))
    assert data.coins[0].exchange == "binance"
    assert data.notes == (
        "BTC: okx has no market settings to take, those of binance are used",
        "BTC: market settings are guessed from the candles, binance told none",
    )
    facts = data.describe()
    assert facts["coins"]["BTC"]["ohlcv_source"] == "binance"
    assert facts["bars"] == 1441


def test_wishes_without_effect_are_told(tmp_path: Path) -> None:
    world, _ = make(tmp_path, "BTC", BTC=WHOLE)
    sources = {"coin_sources": {"BTC": "bybit"}, "market_settings_sources": {"BTC": "binance", "ETH": "okx"}}
    data = world.prepare(request(source_dir=tmp_path / "nowhere", **sources))
    assert data.notes == (
        f"backtest.ohlcv_source_dir {tmp_path / 'nowhere'} is no folder: candles come from the store",
        "backtest.coin_sources of BTC has no effect: only binance is used",
        "backtest.market_settings_sources of ETH has no effect: only binance is used",
    )
