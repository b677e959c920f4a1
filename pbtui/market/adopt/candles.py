"""Candles and market settings of a Passivbot folder (candles.md 2, tools.md 13)."""

from __future__ import annotations

from pathlib import Path

from pbtui.config.coin_names import VENUES, short_name
from pbtui.core.errors import ConfigError
from pbtui.core.sanitize import sanitize_line
from pbtui.market.adopt.items import Candles, Item, left_out
from pbtui.market.transfer.take import find_files

_OLD = "historical_data"
_OLD_PREFIX = "ohlcvs_"
_OLD_NAMES = {"futures": "binance"}  # before exchanges had folders of their own
_SETTINGS = ("markets.json", "first_timestamps.json")
_LISTINGS = "first_ohlcv_timestamps_unified.json"


def candle_items(place: Path) -> list[Item]:
    """Return one item a folder of an exchange; of a minute in both trees the older tree's candle counts, as there."""
    items: list[Item] = []
    for folder in _folders(place / _OLD):
        word = folder.name.removeprefix(_OLD_PREFIX)
        exchange = _OLD_NAMES.get(word, short_name(word))
        if folder.name == word:
            items.append(left_out(f"{_OLD}/{_shown(folder)}", "no folder of one-minute candles by its name"))
        else:
            items.append(_item(folder, f"{_OLD}/{_shown(folder)}", exchange))
    for folder in _folders(place / "caches" / "ohlcv"):
        items.append(_item(folder, f"caches/ohlcv/{_shown(folder)}", short_name(folder.name)))
    return items


def cache_items(place: Path, base: Path) -> list[Item]:
    """Return market settings to copy, and the caches that are made anew here."""
    items: list[Item] = []
    for folder in _folders(place / "caches"):
        source = f"caches/{_shown(folder)}"
        exchange = short_name(folder.name)
        files = [folder / name for name in _SETTINGS if (folder / name).is_file()]
        if folder.name == "ohlcv":
            continue
        if exchange in VENUES and files:
            pairs = [(path.relative_to(place), Path("caches", exchange, path.name)) for path in files]
            free = tuple(pair for pair in pairs if not (base / pair[1]).exists())
            note = "market settings: used as long as they are younger than a day, and by replays with --markets"
            target = f"caches/{exchange}" if free else ""
            items.append(
                Item("market settings", source, target, (note,), free) if free else left_out(source, "already there")
            )
        elif folder.name == "fill_events":
            items.append(left_out(source, "fills come from the venue itself: pbtui fills refresh USER"))
        elif folder.name == "hlcvs_data":
            items.append(left_out(source, "prepared datasets are made anew from the candles"))
        else:
            items.append(left_out(source, "a cache that is made anew here"))
    listings = Path("caches", _LISTINGS)
    if (place / listings).is_file() and not (base / listings).exists():
        note = "when each coin was first traded"
        items.append(Item("market settings", str(listings), str(listings), (note,), ((listings, listings),)))
    return items


def _item(folder: Path, source: str, exchange: str) -> Item:
    if exchange not in VENUES:
        return left_out(source, f"not a venue that works here ({', '.join(VENUES)})")
    try:
        found, strange = find_files(folder, exchange)
    except ConfigError:
        return left_out(source, "holds no one-minute candles")
    count = sum(len(each.files) for each in found)
    notes = [f"{len(found)} symbols in {count} files; gaps stay gaps, minutes held already stay as they are"]
    if strange:
        notes.append(f"{len(strange)} files are no 1m candles of a coin by their names and are left out")
    candles = Candles(exchange, tuple(found), len(strange))
    return Item("candles", source, f"caches/ohlcv/{exchange}", tuple(notes), candles=candles)


def _folders(place: Path) -> list[Path]:
    return sorted(path for path in place.iterdir() if path.is_dir()) if place.is_dir() else []


def _shown(folder: Path) -> str:
    return sanitize_line(folder.name, limit=80)
