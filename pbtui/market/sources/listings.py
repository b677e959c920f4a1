"""When each coin began to trade, on each exchange and anywhere: asked once, kept for good (candles.md 9)."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path

from pbtui.core.clock import Clock
from pbtui.core.errors import ExchangeError
from pbtui.core.sanitize import sanitize_line
from pbtui.core.types import Market
from pbtui.market.sources.asking import CandleFeed, first_candle_ms, manners_of
from pbtui.market.sources.cachefiles import alone, write_json

_log = logging.getLogger("pbtui.market")
_VALID_FROM_MS = 1_262_304_000_000  # 2010: smaller stamps mean "none found"


class Listings:
    """The files of first candles below a base folder, by coin: one for each exchange, one for the earliest of all."""

    def __init__(self, base_dir: Path) -> None:
        self._caches = base_dir / "caches"
        self._unified = self._caches / "first_ohlcv_timestamps_unified.json"

    def of(self, exchange: str) -> dict[str, int]:
        """Return the first candles known of an exchange."""
        return _read(self._file(exchange))

    def unified(self) -> dict[str, int]:
        """Return the earliest first candles known of any exchange."""
        return _read(self._unified)

    def note(self, exchange: str, found: Mapping[str, int]) -> None:
        """Keep first candles by coin; an earlier one that is known stays. Raises StateError."""
        valid = {coin: stamp for coin, stamp in found.items() if stamp > _VALID_FROM_MS}
        for path in (self._file(exchange), self._unified):
            with alone(path):
                known = _read(path)
                merged = known | {coin: min(stamp, known.get(coin, stamp)) for coin, stamp in valid.items()}
                if merged != known:
                    write_json(path, merged)

    def _file(self, exchange: str) -> Path:
        return self._caches / exchange / "first_timestamps.json"


async def find_listings(
    listings: Listings, exchange: str, feed: CandleFeed, markets: Iterable[Market], clock: Clock
) -> tuple[str, ...]:
    """Ask a venue for the first candles of markets that are not known yet and keep them; return one line for failures.

    A market that the venue tells no candle of is asked for again next time.
    """
    known, manners = listings.of(exchange), manners_of(exchange)
    failed: list[str] = []
    for market in sorted(markets, key=lambda each: each.symbol):
        if market.coin in known:
            continue
        try:
            first = await first_candle_ms(feed, clock, manners, market.symbol, oldest_ms=market.listed_ms or _SINCE_MS)
        except ExchangeError as error:
            _log.warning("%s", error.line())
            failed.append(f"{exchange} {sanitize_line(market.coin, limit=40)}: {error.line()}")
            continue
        if first is not None:
            listings.note(exchange, {market.coin: first})
    return tuple(failed)


_SINCE_MS = 1_483_228_800_000  # 2017


def _read(path: Path) -> dict[str, int]:
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        _log.warning("%s: %s: built anew", sanitize_line(path, limit=200), sanitize_line(error, limit=120))
        return {}
    if not isinstance(document, dict):
        return {}
    numbers = ((str(coin), value) for coin, value in document.items() if isinstance(value, int | float))
    return {coin: int(value) for coin, value in numbers if value > _VALID_FROM_MS}
