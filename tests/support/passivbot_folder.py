"""A folder laid out as Passivbot leaves it: configs, keys, both trees of candles, results, caches, the program."""

from __future__ import annotations

import json
import os
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from pbtui.config.parse import parse_file
from pbtui.config.pipeline import PROGRAM_ROOT
from pbtui.core.clock import DAY_MS
from pbtui.market.store.rows import Rows
from tests.candle_walk import walk

FIRST_MS = 1_748_736_000_000  # 2025-06-01
DAYS = 3
SECRET = "very-secret-value"


def make(place: Path) -> Path:
    """Make the folder and return it: three days of BTC and SOL in the candle cache, of ETH as old day files."""
    _configs(place / "configs")
    _text(place / "api-keys.json", {"main": {"exchange": "binance", "key": "k" * 20, "secret": SECRET}})
    (place / "api-keys.json").chmod(0o644)
    for number, coin in enumerate(("BTC", "SOL")):
        _shards(place / "caches/ohlcv/binance/1m" / f"{coin}_USDT:USDT", minutes(number))
    for day, rows in _days(minutes(7)):
        path = place / "historical_data/ohlcvs_binanceusdm/ETH" / f"{day}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, np.column_stack([rows[name].astype(np.float64) for name in ("ts", "o", "h", "l", "c", "bv")]))
    _text(place / "caches/fill_events/binance/main/2025-06-01.json", [])
    _text(place / "caches/hlcvs_data/abc/coins.json", ["BTC"])
    _text(place / "backtests/binance/2025-06-03T00_00_00_abc/analysis.json", {"adg": 0.001})
    _text(place / "optimize_results/2025-06-03_run/pareto/0001.json", {"bot": {}})
    _text(place / "src/passivbot.py", "program")
    _text(place / "logs/main.log", "log")
    return place


def minutes(seed: int) -> Rows:
    """Return the minutes of one coin."""
    rows = walk(100.0, seed, DAYS * 1_440)
    rows["ts"] += FIRST_MS - rows["ts"][0]
    return rows


def _configs(folder: Path) -> None:
    config: dict[str, Any] = parse_file(PROGRAM_ROOT / "configs/examples/paper.hjson")
    config["live"] |= {"user": "main", "approved_coins": "configs/approved_coins.json", "max_realized_loss_pct": 0}
    config["live"] |= {"levrage": 3, "max_warmup_minutes": 240, "minimum_coin_age_days": 0}
    _text(folder / "mine.json", config)
    _text(folder / "approved_coins.json", {"long": ["BTC", "SOL"], "short": ["BTC"]})
    (folder / "ignored_coins.txt").write_text("DOGE, XRP\n", "utf-8")
    (folder / "broken.json").write_text('{"live": ', "utf-8")
    (folder / "notes.md").write_text("notes", "utf-8")


def _shards(folder: Path, rows: Rows) -> None:
    folder.mkdir(parents=True)
    shards: dict[str, Any] = {}
    for day, part in _days(rows):
        path = folder / f"{day}.npy"
        np.save(path, part)
        crc = zlib.crc32(part.tobytes())
        ends = {"min_ts": int(part["ts"][0]), "max_ts": int(part["ts"][-1])}
        shards[day] = {"path": str(path), **ends, "count": len(part), "crc32": crc}
    _text(folder / "index.json", {"shards": shards, "meta": {}})


def _days(rows: Rows) -> list[tuple[str, Rows]]:
    days = np.unique(rows["ts"] // DAY_MS)
    named = [(datetime.fromtimestamp(int(day) * DAY_MS / 1_000, UTC).strftime("%Y-%m-%d"), day) for day in days]
    return [(name, rows[rows["ts"] // DAY_MS == day]) for name, day in named]


def _text(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")


def listing(place: Path) -> dict[str, tuple[int, int, int]]:
    """Return size, time and mode of every file, to see that none was touched."""
    found: dict[str, tuple[int, int, int]] = {}
    for above, _, names in os.walk(place):
        for name in names:
            facts = Path(above, name).stat()
            found[str(Path(above, name))] = (facts.st_size, facts.st_mtime_ns, facts.st_mode)
    return found
