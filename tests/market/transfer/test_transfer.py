"""Candles of other programs come in, and what goes out reads back the same."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather as feather
import pytest

from pbtui.core.clock import MINUTE_MS
from pbtui.core.errors import ConfigError, StateError
from pbtui.market.store.rows import FIELDS, MINUTE, Rows
from pbtui.market.transfer.give import Format, give
from pbtui.market.transfer.names import symbol_of_name, timeframe_of_name
from pbtui.market.transfer.take import find_files, take

FIRST = 1_746_835_200_000


def some(n: int = 5) -> Rows:
    rows = np.empty(n, dtype=MINUTE)
    rows["ts"] = FIRST + np.arange(n) * MINUTE_MS
    for i, name in enumerate(("o", "h", "l", "c")):
        rows[name] = np.array([0.1, 0.3, 0.05, 0.2], dtype=np.float32)[i] + np.arange(n, dtype=np.float32)
    rows["bv"] = 7.25
    return rows


def lists(rows: Rows) -> list[list[float]]:
    return [[int(row["ts"]), *(float(row[name]) for name in FIELDS)] for row in rows]


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("BTC.parquet", "BTC/USDT:USDT"),
        ("BTC_USDT_USDT-1m-futures.feather", "BTC/USDT:USDT"),
        ("ETH_USDT-1m.json", "ETH/USDT:USDT"),
        ("ADAUSDT_1m.csv", "ADA/USDT:USDT"),
        ("ADAUSDT-1m-2025-06.csv.gz", "ADA/USDT:USDT"),
        ("ADAUSDT-1m-2025-06-01.csv", "ADA/USDT:USDT"),
        ("SOL_USDC:USDC", "SOL/USDC:USDC"),
        ("1000PEPE.parquet", "1000PEPE/USDT:USDT"),
        ("kSHIB", "kSHIB/USDT:USDT"),
        ("notes on it.csv", None),
        ("BTC_EUR-1m.json", None),
        (".csv", None),
    ],
)
def test_names_say_which_coin_it_is(name: str, symbol: str | None) -> None:
    assert symbol_of_name(name, "binance") == symbol


def test_venues_that_settle_in_usdc_and_other_timeframes() -> None:
    assert symbol_of_name("BTC.parquet", "hyperliquid") == "BTC/USDC:USDC"
    assert timeframe_of_name("BTC_USDT-5m.json") == "5m"
    assert timeframe_of_name("BTC_USDT_USDT-1h-futures.feather") == "1h"
    assert timeframe_of_name("BTC.parquet") == "1m"


def write(kind: str, folder: Path, rows: Rows) -> None:
    table = lists(rows)
    if kind == "freqtrade json":
        (folder / "A_USDT-1m.json").write_text(json.dumps(table))
    elif kind == "json.gz of objects":
        names = ("timestamp", "open", "high", "low", "close", "volume")
        text = json.dumps([dict(zip(names, row, strict=True)) for row in table])
        (folder / "A.json.gz").write_bytes(gzip.compress(text.encode()))
    elif kind == "freqtrade feather":
        stamps = pa.array(rows["ts"], pa.timestamp("ms", tz="UTC"))
        names = ("open", "high", "low", "close", "volume")
        columns = {name: pa.array(rows[f].astype(np.float64)) for name, f in zip(names, FIELDS, strict=True)}
        feather.write_feather(pa.table({"date": stamps, **columns}), folder / "A_USDT_USDT-1m-futures.feather")
    elif kind == "csv with seconds and a head":
        lines = [",".join(str(x) for x in (row[0] // 1000, *row[1:])) for row in table]
        (folder / "AUSDT_1m.csv").write_text("Time,Open,High,Low,Close,Volume\n" + "\n".join(lines) + "\n")
    elif kind == "csv of dates":
        stamps = [str(np.datetime64(int(row["ts"]), "ms")).replace("T", " ") for row in rows]
        lines = [";".join([stamp, *(str(x) for x in row[1:])]) for stamp, row in zip(stamps, table, strict=True)]
        (folder / "A.csv").write_text("\ufeffdatetime;open;high;low;close;volume\n" + "\n".join(lines))
    elif kind == "csv without a head":
        (folder / "A.csv").write_text("\n".join(",".join(str(x) for x in row) for row in table))
    elif kind == "day shards":
        (folder / "1m" / "A_USDT:USDT").mkdir(parents=True)
        np.save(folder / "1m" / "A_USDT:USDT" / "2025-05-10.npy", rows)
    else:
        (folder / "A").mkdir()
        np.savez(folder / "A" / "2025-05-10.npz", candles=np.array(table))


@pytest.mark.parametrize(
    "kind",
    [
        "freqtrade json",
        "json.gz of objects",
        "freqtrade feather",
        "csv with seconds and a head",
        "csv of dates",
        "csv without a head",
        "day shards",
        "npz",
    ],
)
def test_files_of_other_programs_come_in(kind: str, tmp_path: Path) -> None:
    write(kind, tmp_path, some())
    (found,), strange = find_files(tmp_path, "binance")
    taken = take(found)
    assert strange == []
    assert found.symbol == "A/USDT:USDT"
    assert taken.left_out == 0
    assert taken.rows.tobytes() == some().tobytes()


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_what_goes_out_comes_back_the_same(form: Format, tmp_path: Path) -> None:
    rows = some(2_000)
    rows["c"] = np.random.default_rng(1).uniform(rows["l"], rows["h"]).astype(np.float32)
    give(rows, tmp_path / "out" / f"A.{form}", form)
    assert take(find_files(tmp_path / "out", "binance")[0][0]).rows.tobytes() == rows.tobytes()
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="cannot be written"):
        give(rows, tmp_path / "file" / "A.csv", form)


def test_several_files_of_a_coin_are_one_and_unsound_rows_are_counted(tmp_path: Path) -> None:
    rows = some(10)
    broken = rows[:6].copy()
    broken["h"][2] = 0.0
    np.save(tmp_path / "A-a.npy", rows)
    (tmp_path / "A").mkdir()
    np.save(tmp_path / "A" / "2025-05-10.npy", broken)
    np.save(tmp_path / "A" / "2025-05-11.npy", rows[4:])
    (found,), _ = find_files(tmp_path / "A", "binance")
    taken = take(found)
    assert list((taken.rows["ts"] - FIRST) // MINUTE_MS) == [0, 1, 3, 4, 5, 6, 7, 8, 9]
    assert taken.left_out == 6 + 6 - 9


def test_what_is_not_understood_is_named(tmp_path: Path) -> None:
    write("freqtrade json", tmp_path, some())
    (tmp_path / "B_USDT-5m.json").write_text("[]")
    (tmp_path / "readme.txt").write_text("")
    found, strange = find_files(tmp_path, "binance")
    assert [each.symbol for each in found] == ["A/USDT:USDT"]
    assert strange == ["B_USDT-5m.json"]
    with pytest.raises(ConfigError, match="no file or folder"):
        find_files(tmp_path / "nowhere", "binance")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="no candles to import"):
        find_files(tmp_path / "empty", "binance")


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("A.json", b"{", "cannot be read"),
        ("A.json", b'{"a": 1}', "no list of candles"),
        ("A.json", b"[[1,2]]", "no list of candles"),
        ("A.json", b'[{"open": 1}]', "no column timestamp"),
        ("A.csv", b"", "is empty"),
        ("A.csv", b"timestamp,open,high,low,close,volume\n", "holds no candle"),
        ("A.json", b"[]", "holds no candle"),
        ("A.csv", b"a,b\n1,2\n", "no column timestamp"),
        ("A.csv", b"1,2,x,4,5,6\n", "cannot be read"),
        ("A.csv", b"1746835200000,1,2,1,2,5\n1746835260000,1,2\n", "cannot be read"),
        ("A.csv", b"99999999999999999999,1,2,1,2,5\n", "another time"),
        ("A.csv", b"-1746835200000,1,2,1,2,5\n", "another time"),
        ("A.csv", "".join(f"{FIRST + i * 3_600_000},1,2,1,2,5\n" for i in range(10)).encode(), "60 minutes apart"),
        ("A.json", b"[" * 100_000, "cannot be read"),
        ("A.csv.gz", b"not gzip", "cannot be read"),
        ("A.parquet", b"PAR1", "cannot be read"),
        ("A.feather", b"nothing", "cannot be read"),
        ("A.npz", b"PK\x03\x04", "cannot be read"),
        ("A.csv", b"1746835200000,0,0,0,0,0\n", "holds no candle"),
    ],
)
def test_broken_files_are_one_line_with_their_name(name: str, data: bytes, says: str, tmp_path: Path) -> None:
    folder = tmp_path / "A" if name.endswith("npz") else tmp_path
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(data)
    (found,), _ = find_files(tmp_path, "binance")
    taken = take(found, end_ms=4_102_444_800_000)
    assert len(taken.rows) == 0
    (line,) = taken.broken
    assert says in line
    assert "\n" not in line
    assert name in line


@pytest.mark.parametrize(
    "stamp",
    [
        "1746835200",
        "1746835200000",
        "1746835200000000",
        "1746835200000000000",
        "2025-05-10 00:00:00",
        "2025/05/10 00:00",
        "2025-05-10T00:00:00Z",
        "2025-05-10 02:00:00+02:00",
        "2025-05-09T19:00:00.000-05:00",
        "2025-05-10 00:00:00 UTC",
    ],
)
def test_every_way_to_write_a_moment_is_the_same_minute(stamp: str, tmp_path: Path) -> None:
    (tmp_path / "A.csv").write_text(f"Date,Open,High,Low,Close,Volume\n{stamp},1,2,1,2,5\n")
    (found,), _ = find_files(tmp_path, "binance")
    assert take(found).rows["ts"].tolist() == [FIRST]


def test_minutes_that_are_not_over_stay_out(tmp_path: Path) -> None:
    write("freqtrade json", tmp_path, some())
    (found,), _ = find_files(tmp_path, "binance")
    taken = take(found, end_ms=FIRST + 5 * MINUTE_MS)
    assert taken.rows.tobytes() == some()[:5].tobytes()
    assert taken.left_out == len(some()) - 5


def test_a_broken_day_does_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "A").mkdir()
    np.save(tmp_path / "A" / "2025-05-10.npy", some(10))
    (tmp_path / "A" / "2025-05-11.npy").write_bytes(b"junk")
    (found,), _ = find_files(tmp_path, "binance")
    taken = take(found)
    assert taken.rows.tobytes() == some(10).tobytes()
    assert len(taken.broken) == 1
    assert "2025-05-11.npy" in taken.broken[0]


@pytest.mark.parametrize(
    "name",
    [
        "A_USDT_USDT-1m-mark.json",
        "A_USDT_USDT-1m-funding_rate.json",
        "A_USDT_USDT-trades.feather",
        "AUSDT-trades-2025-05-10.csv",
        "AUSDT-1m-premiumIndex.csv",
        "A_USDT_USDT-8h-mark.feather",
        f"{'A' * 200}.csv",
    ],
)
def test_what_lies_beside_candles_is_left_alone(name: str, tmp_path: Path) -> None:
    write("freqtrade json", tmp_path, some())
    (tmp_path / name).write_text("")
    found, strange = find_files(tmp_path, "binance")
    assert [[file.name != name for file in each.files] for each in found] == [[True]]
    assert [text[:60] for text in strange] == [name[:60]]
