"""Replays: windows, gaps, float32, limits, and one clear line for whatever is wrong with the data."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from market_support import T0, Columns, changed, minutes, without, write_parquet, write_shards

from pbtui.core.clock import HOUR_MS, MINUTE_MS
from pbtui.core.errors import ConfigError, DataError, PbtuiError
from pbtui.market.replay import ReplayFeed, replay_name, replay_run_dir


async def opened(folder: Path, **options: object) -> ReplayFeed:
    feed = ReplayFeed(folder, exchange="binance", **options)  # pyright: ignore[reportArgumentType]
    await feed.start()
    return feed


async def test_the_window_is_what_all_coins_cover(tmp_path: Path) -> None:
    write_parquet(tmp_path, "AAA", minutes(500))
    write_parquet(tmp_path, "BBB", minutes(400, start_ms=T0 + 60 * MINUTE_MS))
    feed = await opened(tmp_path)
    assert (feed.first_ms, feed.last_ms) == (T0 + 60 * MINUTE_MS, T0 + 459 * MINUTE_MS)
    assert feed.bars(feed.first_ms).keys() == {"AAA/USDT:USDT", "BBB/USDT:USDT"}
    assert feed.bars(feed.first_ms - MINUTE_MS) == {}
    assert feed.bars(T0 + 460 * MINUTE_MS) == {}
    one = await opened(tmp_path, coins=["aaa"], from_ms=T0 + 10 * MINUTE_MS + 1, to_ms=T0 + 20 * MINUTE_MS)
    assert (one.first_ms, one.last_ms) == (T0 + 11 * MINUTE_MS, T0 + 19 * MINUTE_MS)
    early = await opened(tmp_path, coins=["AAA"], from_ms=0)
    assert early.first_ms == T0
    assert len(await early.candles("AAA/USDT:USDT", "1m", 0, 2**53)) == 500
    assert len(await one.candles("AAA/USDT:USDT", "1m", 0, 2**53)) == 9


async def test_values_are_rounded_to_float32_and_widened(tmp_path: Path) -> None:
    columns = minutes(50)
    feed = await opened(write_parquet(tmp_path, "AAA", columns))
    bar = feed.bars(T0 + 7 * MINUTE_MS)["AAA/USDT:USDT"]
    for name in ("open", "high", "low", "close", "volume"):
        assert getattr(bar, name) == float(np.float32(columns[name][7]))
    candles = await feed.candles("AAA/USDT:USDT", "1m", T0, T0 + 50 * MINUTE_MS)
    assert np.array_equal(candles.high, columns["high"].astype(np.float32).astype(np.float64))
    assert candles.high.dtype == np.float64


async def test_a_gap_stays_a_gap(tmp_path: Path) -> None:
    write_parquet(tmp_path, "AAA", without(minutes(100), 10, 11, 50))
    feed = await opened(write_parquet(tmp_path, "BBB", minutes(100)))
    assert feed.bars(T0 + 10 * MINUTE_MS).keys() == {"BBB/USDT:USDT"}
    candles = await feed.candles("AAA/USDT:USDT", "1m", T0 + 9 * MINUTE_MS, T0 + 13 * MINUTE_MS)
    assert ((candles.ts_ms - T0) // MINUTE_MS).tolist() == [9, 12]
    assert (await feed.tickers(["AAA/USDT:USDT", "BBB/USDT:USDT"])).keys() == {"BBB/USDT:USDT"}


async def test_hours_are_made_of_their_minutes(tmp_path: Path) -> None:
    columns = minutes(200, start_ms=T0 + 30 * MINUTE_MS)
    feed = await opened(write_parquet(tmp_path, "AAA", without(columns, 40)))
    hours = await feed.candles("AAA/USDT:USDT", "1h", 0, T0 + 3 * HOUR_MS)
    assert ((hours.ts_ms - T0) // HOUR_MS).tolist() == [0, 1, 2]
    second = slice(30, 90)
    inside = {name: np.delete(column[second].astype(np.float32), 10) for name, column in columns.items()}
    assert hours.open[1] == inside["open"][0]
    assert hours.high[1] == inside["high"].max()
    assert hours.low[1] == inside["low"].min()
    assert hours.close[1] == inside["close"][-1]
    assert hours.volume[1] == pytest.approx(inside["volume"].astype(np.float64).sum(), rel=1e-12)
    whole = await feed.candles("AAA/USDT:USDT", "1h", T0 + 30 * MINUTE_MS, T0 + 2 * HOUR_MS)
    assert ((whole.ts_ms - T0) // HOUR_MS).tolist() == [1]


@pytest.mark.parametrize("npz", [False, True])
async def test_day_shards_give_the_same_replay(tmp_path: Path, npz: bool) -> None:
    columns = minutes(3000, start_ms=T0 + 700 * MINUTE_MS)
    plain = await opened(write_parquet(tmp_path / "p", "AAA", columns))
    for number, (folder, name) in enumerate([("1m", "AAA_USDT:USDT"), (".", "AAA"), (".", "AAA_USDT_USDT")]):
        root = tmp_path / f"s{number}"
        write_shards(root / folder, name, columns, npz=npz)
        feed = await opened(root)
        assert (feed.first_ms, feed.last_ms) == (plain.first_ms, plain.last_ms)
        for ts in range(feed.first_ms, feed.first_ms + 3000 * MINUTE_MS, 97 * MINUTE_MS):
            assert feed.bars(ts) == plain.bars(ts)
        assert (await feed.markets()) == (await plain.markets())


async def test_limits_are_guessed_and_the_guess_is_named(tmp_path: Path) -> None:
    feed = await opened(write_parquet(tmp_path, "AAA", minutes(2000)))
    market = (await feed.markets())["AAA/USDT:USDT"]
    assert (market.price_step, market.qty_step, market.min_qty, market.min_cost) == (0.01, 0.1, 0.1, 5.0)
    assert (market.maker_fee, market.taker_fee, market.derived, market.coin) == (0.0002, 0.0005, True, "AAA")
    (warning,) = feed.warnings
    for word in ("AAA", "tick 0.01", "lot 0.1", "minimum cost 5", "0.0002", "0.0005"):
        assert word in warning


@pytest.mark.parametrize(
    ("price", "decimals", "volume", "tick", "lot"),
    [(50_000.0, 0, 0.001, 1.0, 0.001), (0.000012, 8, 1000.0, 1e-8, 1.0), (40_003.3, 1, 0.0, 0.1, 1e-5)],
)
async def test_decimals_large_and_small(
    tmp_path: Path, price: float, decimals: int, volume: float, tick: float, lot: float
) -> None:
    close = np.round(price * (1 + np.arange(300) % 97 / 1000), decimals)
    columns = minutes(300) | dict.fromkeys(("open", "high", "low", "close"), close)
    columns["volume"] = np.full(300, volume)
    feed = await opened(write_parquet(tmp_path, "AAA", columns))
    market = (await feed.markets())["AAA/USDT:USDT"]
    assert (market.price_step, market.qty_step) == (tick, lot)


MARKET = {
    "AAA/USDT:USDT": {
        "quote": "USDT",
        "contractSize": 10.0,
        "maker": 0.0001,
        "taker": 0.0004,
        "limits": {"amount": {"min": 3.0}, "cost": {"min": None}},
        "precision": {"amount": 1.0, "price": 0.05},
    }
}


async def test_limits_from_a_markets_file(tmp_path: Path) -> None:
    path = tmp_path / "markets.json"
    path.write_text(json.dumps(MARKET))
    folder = write_parquet(tmp_path / "c", "AAA", minutes(20))
    feed = await opened(folder, markets_file=path)
    market = (await feed.markets())["AAA/USDT:USDT"]
    assert feed.warnings == ()
    assert not market.derived
    assert (market.c_mult, market.min_qty, market.qty_step, market.price_step) == (10.0, 3.0, 1.0, 0.05)
    assert (market.min_cost, market.maker_fee, market.taker_fee) == (0.01, 0.0001, 0.0004)
    bybit = ReplayFeed(folder, exchange="bybit", markets_file=path)
    await bybit.start()
    assert (await bybit.markets())["AAA/USDT:USDT"].taker_fee == 0.00055


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "no JSON, line 1 column 2"),
        ("[]", "expected an object"),
        ('{"BBB/USDT:USDT": {}}', "no such market"),
        ('{"AAA/USDT:USDT": {"precision": {"amount": 1}}}', "must be positive"),
        ('{"AAA/USDT:USDT": {"precision": {"amount": "x", "price": 1}}}', "expected a number"),
        ('{"AAA/USDT:USDT": {"precision": {"amount": 1, "price": -1}}}', "expected a number"),
    ],
)
async def test_a_bad_markets_file_is_one_line(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "markets.json").write_text(text)
    folder = write_parquet(tmp_path / "c", "AAA", minutes(20))
    with pytest.raises(ConfigError, match=says):
        await opened(folder, markets_file=tmp_path / "markets.json")


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda c: without(c, *range(100)), "no candles"),
        (lambda c: changed(c, "close", 5, np.nan), "00:05:00 has no number as close"),
        (lambda c: changed(c, "volume", 5, np.inf), "has no number as volume"),
        (lambda c: changed(c, "volume", 5, -1.0), "negative volume"),
        (lambda c: changed(c, "low", 5, 0.0), "not positive"),
        (lambda c: changed(c, "low", 5, 1e9), "high below its low"),
        (lambda c: changed(c, "timestamp", 5, T0), "unsorted or double"),
        (lambda c: changed(c, "timestamp", 5, T0 + 5 * MINUTE_MS + 1), "does not begin a minute"),
        (lambda c: c | {"timestamp": c["timestamp"] // 1000}, "not in milliseconds"),
        (lambda c: {k: v for k, v in c.items() if k != "volume"}, "no column volume"),
        (lambda c: c | {"close": np.array(["x"] * 100)}, "cannot be read"),
    ],
)
async def test_damaged_candles_are_one_line(tmp_path: Path, damage: Callable[[Columns], Columns], says: str) -> None:
    write_parquet(tmp_path, "AAA", damage(minutes(100)))
    with pytest.raises(DataError, match=says) as caught:
        await opened(tmp_path)
    assert "\n" not in caught.value.line()
    assert "AAA.parquet" in caught.value.line()


async def test_rubbish_files_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "AAA.parquet").write_bytes(b"PAR1 \x1b[31m rubbish")
    with pytest.raises(DataError, match="cannot be read"):
        await opened(tmp_path)
    (tmp_path / "AAA.parquet").unlink()
    (tmp_path / "BBB").mkdir()
    (tmp_path / "BBB" / "2025-05-01.npy").write_bytes(b"\x93NUMPY rubbish")
    with pytest.raises(DataError, match="cannot be read"):
        await opened(tmp_path)
    (tmp_path / "CCC").mkdir()
    for rubbish in (b"PK\x03\x04 rubbish", b"", b"{}"):
        (tmp_path / "CCC" / "2025-05-01.npz").write_bytes(rubbish)
        with pytest.raises(DataError, match="cannot be read"):
            await opened(tmp_path, coins=["CCC"])
    np.save(tmp_path / "BBB" / "2025-05-01.npy", np.zeros((3, 2)))
    with pytest.raises(DataError, match="not a candle shard"):
        await opened(tmp_path, coins=["BBB"])
    np.save(tmp_path / "BBB" / "2025-05-01.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match="cannot be read"):
        await opened(tmp_path, coins=["BBB"])


async def test_wrong_places_coins_and_times_are_one_line(tmp_path: Path) -> None:
    folder = write_parquet(tmp_path / "c", "AAA", minutes(100))
    cases: list[tuple[Path, dict[str, object], type[PbtuiError], str]] = [
        (tmp_path / "nowhere", {}, ConfigError, "no folder"),
        (folder / "AAA.parquet", {}, ConfigError, "no folder"),
        (tmp_path, {}, ConfigError, "no recordings"),
        (folder, {"coins": ["AAA", "ZZZ"]}, ConfigError, "'ZZZ'"),
        (folder, {"coins": ["\x1b[31m"]}, ConfigError, "no recording"),
        (folder, {"from_ms": T0 + 200 * MINUTE_MS}, ConfigError, "no candles between"),
        (folder, {"from_ms": T0 + 50 * MINUTE_MS, "to_ms": T0 + 50 * MINUTE_MS}, ConfigError, "no candles between"),
    ]
    for place, options, kind, says in cases:
        with pytest.raises(kind, match=says) as caught:
            await opened(place, **options)
        assert "\x1b" not in caught.value.line()
    write_parquet(folder, "LATE", minutes(10, start_ms=T0 + 1000 * MINUTE_MS))
    with pytest.raises(DataError, match="LATE begins after AAA ends"):
        await opened(folder)
    write_parquet(tmp_path / "h", "\x1b]0;x\x07", minutes(10))
    with pytest.raises(ConfigError, match="no coin name"):
        await opened(tmp_path / "h")


async def test_timestamps_of_arrow_type_are_read(tmp_path: Path) -> None:
    import pyarrow as pa

    columns = minutes(30)
    stamps = pa.array(columns["timestamp"] * 1000, type=pa.timestamp("us", tz="UTC"))
    feed = await opened(write_parquet(tmp_path, "AAA", columns | {"timestamp": stamps}))
    assert (feed.first_ms, feed.last_ms) == (T0, T0 + 29 * MINUTE_MS)


def test_the_run_folder_is_the_replay(tmp_path: Path) -> None:
    def name(coins: tuple[str, ...] = ("BTC", "ETH"), from_ms: int | None = None, config: str = "c") -> str:
        return replay_name(folder=tmp_path, coins=coins, from_ms=from_ms, config=config)

    assert name() == name(("eth/USDT:USDT", "BTC"))
    assert len({name(), name(("BTC",)), name(from_ms=1), name(config="d")}) == 4
    run_dir = replay_run_dir(tmp_path, folder=tmp_path, coins=("BTC", "ETH"), from_ms=None, config="c")
    assert run_dir == tmp_path / "run" / name()


async def test_a_coin_is_found_under_its_venues_spelling(tmp_path: Path) -> None:
    for name in ("kSHIB", "BTC", "1000PEPE"):
        write_parquet(tmp_path, name, minutes(20))
    feed = await opened(tmp_path, coins=["shib", "PEPE", "BTC/USDC:USDC"])
    assert {symbol: market.coin for symbol, market in (await feed.markets()).items()} == {
        "kSHIB/USDT:USDT": "SHIB",
        "BTC/USDT:USDT": "BTC",
        "1000PEPE/USDT:USDT": "PEPE",
    }
