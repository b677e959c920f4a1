"""Recorded end-to-end runs of the reference: our arrays are the ones its fills were made on."""

from __future__ import annotations

import asyncio
import csv
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from prepare_support import NOW_MS, ShardStore

from pbtui.config import Config, load, params_for
from pbtui.core.clock import MINUTE_MS
from pbtui.core.types import PSIDES
from pbtui.engine.backtest import Fills, run_backtest
from pbtui.market.prepare import (
    Dataset,
    DatasetCache,
    Request,
    Supplies,
    prepare,
    unified_listings,
    venue_of_caches,
)
from tests.vectors.support import vectors_dir


def cases() -> dict[str, Path]:
    found = [*vectors_dir().glob("e2e/*/config.json"), *vectors_dir().glob("committable/e2e/*/config.json")]
    return {path.parent.name: path.parent for path in found}


def prepared(case: Path, base_dir: Path) -> Dataset:
    config = load(case / "config.json", command="backtest", base_dir=case)
    supplies = Supplies(
        venue=lambda name: venue_of_caches(name, case),
        store=lambda name: ShardStore(case, name),
        listed_ms=unified_listings(case),
    )
    asked = Request.of(config, base_dir=case)
    return asyncio.run(prepare(asked, supplies, DatasetCache(base_dir), now_ms=NOW_MS))


def fills_of(case: Path) -> list[dict[str, str]]:
    with (case / "expected" / "fills.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_fills_of_the_reference_fit_the_arrays(tmp_path: Path) -> None:
    for name, case in cases().items():
        data = prepared(case, tmp_path)
        fills = fills_of(case)
        assert fills, name
        columns = {item.coin: i for i, item in enumerate(data.coins)}
        for fill in fills:
            bar, column = int(fill["index"]), columns[fill["coin"]]
            stamp = datetime.fromisoformat(fill["timestamp"]).replace(tzinfo=UTC)
            high, low = data.hlcvs[bar, column, :2]
            price, buys = float(fill["price"]), float(fill["qty"]) > 0
            assert data.timestamps[bar] == stamp.timestamp() * 1000, (name, fill)
            assert data.btc_usd[bar] == float(fill["btc_price"]), (name, fill)
            assert (low < price) if buys else (high > price), (name, fill)
            assert data.coins[column].first_valid <= bar <= data.coins[column].last_valid, (name, fill)


def run_engine(config: Config, data: Dataset) -> Fills:
    """Run the engine on a dataset with the parameters of a configuration (backtest.md 1.2, 1.4)."""
    settings, live = config.backtest, config.live
    fee, least = settings.maker_fee_override, settings.filter_by_min_effective_cost
    parameters = {
        "starting_balance": settings.starting_balance,
        "maker_fee": data.coins[0].market.maker_fee if fee is None else fee,
        "coins": [item.coin for item in data.coins],
        "btc_collateral_cap": settings.btc_collateral_cap,
        "btc_collateral_ltv_cap": settings.btc_collateral_ltv_cap,
        "requested_start_timestamp_ms": data.requested_start_ms,
        "first_timestamp_ms": data.first_ms,
        "first_valid_indices": [item.first_valid for item in data.coins],
        "last_valid_indices": [item.last_valid for item in data.coins],
        "warmup_minutes": [item.warmup_minutes for item in data.coins],
        "global_warmup_bars": data.warmup_bars,
        "metrics_only": False,
        "filter_by_min_effective_cost": bool(live.filter_by_min_effective_cost if least is None else least),
        "dynamic_wel_by_tradability": settings.dynamic_wel_by_tradability,
        "hedge_mode": live.hedge_mode,
        "max_realized_loss_pct": live.max_realized_loss_pct,
        "candle_interval_minutes": data.interval_minutes,
    }
    bots = [{pside: params_for(config, item.coin, pside) for pside in PSIDES} for item in data.coins]
    markets = [item.settings() for item in data.coins]
    fills = run_backtest(data.hlcvs, data.btc_usd, bots, markets, parameters).fills
    assert fills is not None
    return fills


def test_the_engine_makes_the_fills_of_the_reference_on_the_arrays(tmp_path: Path) -> None:
    for name, case in cases().items():
        data = prepared(case, tmp_path)
        fills, wanted = run_engine(load(case / "config.json", command="backtest", base_dir=case), data), fills_of(case)
        assert len(fills) == len(wanted), name
        types = fills.order_types()
        for i, fill in enumerate(wanted):
            made = (fills.index[i], data.coins[fills.coin[i]].coin, types[i], fills.fill_qty[i], fills.fill_price[i])
            told = (int(fill["index"]), fill["coin"], fill["type"], float(fill["qty"]), float(fill["price"]))
            assert made == told, (name, i)


def test_ranges_holes_and_sources_of_the_cases(tmp_path: Path) -> None:
    known = cases()
    if "b_hedge_5m_overrides" in known:
        data = prepared(known["b_hedge_5m_overrides"], tmp_path)
        assert data.hlcvs.shape == (3856, 4, 4)
        assert [item.coin for item in data.coins] == ["BNB", "ETH", "LTC", "SOL"]
        assert {(item.first_valid, item.last_valid) for item in data.coins} == {(0, 3855)}
        assert (data.warmup_bars, data.warmup_minutes, data.warmup_minutes_provided) == (400, 2000, 2000)
    if "c_bybit_one_way_btc_collateral" in known:
        data = prepared(known["c_bybit_one_way_btc_collateral"], tmp_path)
        assert data.hlcvs.shape == (21601, 3, 4)
        assert [(item.coin, item.first_valid) for item in data.coins] == [("ADA", 0), ("DOGE", 9172), ("SOL", 0)]
        assert np.isnan(data.hlcvs[:9172, 1]).all()
        assert not np.isnan(data.hlcvs[9172:, 1]).any()
        assert {item.market.taker_fee for item in data.coins} == {0.00055}
        assert (data.warmup_minutes, data.warmup_minutes_provided) == (6048, 2880)
    if "d_combined_exchanges" in known:
        data = prepared(known["d_combined_exchanges"], tmp_path)
        sources = {item.coin: item.ohlcv_source for item in data.coins}
        assert sources == {"DOT": "binance", "ETH": "bybit", "SOL": "binance", "XRP": "binance"}
        assert [item.volume_factor == 1.0 for item in data.coins] == [True, False, True, True]


def test_every_value_is_the_file_rounded_to_float32(tmp_path: Path) -> None:
    """Read the day files without our reader: real minutes as they stand, missing ones flat at the close before."""
    case = cases().get("b_hedge_5m_overrides")
    if case is None:
        return
    data = prepared(case, tmp_path)
    start, end = data.first_ms, data.first_ms + len(data.timestamps) * 5 * MINUTE_MS
    holes = 0
    for column, item in enumerate(data.coins):
        real: dict[int, list[float]] = {}
        for path in sorted((case / "ohlcv" / "binance" / "1m" / item.coin).iterdir()):
            if path.suffix == ".npz":
                candles = np.load(path)["candles"]
                matrix = np.column_stack(
                    [candles[name].astype(np.float64) for name in ("ts", "o", "h", "l", "c", "bv")]
                )
            else:
                matrix = np.load(path)
            rounded = matrix[:, 1:].astype(np.float32).astype(np.float64)
            real |= {int(ts): list(values) for ts, values in zip(matrix[:, 0].tolist(), rounded, strict=True)}
        close = 0.0
        minutes: list[list[float]] = []
        for ts in range(start, end, MINUTE_MS):
            holes += ts not in real
            row = real[ts][1:] if ts in real else [close, close, close, 0.0]
            close = row[2]
            minutes.append(row)
        for bar, k in enumerate(range(0, len(minutes), 5)):
            five = minutes[k : k + 5]
            volume = five[0][3] + five[1][3] + five[2][3] + five[3][3] + five[4][3]
            wanted = [max(row[0] for row in five), min(row[1] for row in five), five[-1][2], volume]
            assert data.hlcvs[bar, column].tolist() == wanted, (item.coin, bar)
    assert holes == 40  # 37 and 3 minutes, as the case is described
