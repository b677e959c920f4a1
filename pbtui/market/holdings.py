"""All candles that a base folder holds: which exchanges, which coins, and names that come close to a wrong one."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pbtui.config.coin_names import VENUES, coin_of, short_name
from pbtui.core.clock import Clock
from pbtui.core.errors import ConfigError, DataError
from pbtui.core.sanitize import sanitize_line
from pbtui.exchange.port import TIMEFRAME_MS, Timeframe

if TYPE_CHECKING:
    from pbtui.market.store import CandleStore, Coverage, Trouble

WEEK_MS = 604_800_000
_MONDAY_MS = 4 * 86_400_000  # the epoch was a Thursday


@dataclass(frozen=True, slots=True)
class Holding:
    """The candles held of one symbol."""

    exchange: str
    symbol: str
    coin: str
    coverage: Coverage

    @property
    def share(self) -> float:
        """Which part of the minutes between first and last are there."""
        held = self.coverage
        return held.count / (held.count + self.missing) if held.count else 0.0

    @property
    def missing(self) -> int:
        """How many minutes between first and last are not there."""
        return sum(hole.end_ms - hole.start_ms for hole in self.coverage.holes) // TIMEFRAME_MS["1m"]


class Library:
    """The stores below `BASE/caches/ohlcv`; troubles of any of them are told to `on_trouble`."""

    def __init__(self, base_dir: Path, clock: Clock, on_trouble: Callable[[Trouble], None]) -> None:
        self.base_dir = base_dir
        self.root = base_dir / "caches" / "ohlcv"
        self._clock = clock
        self._on_trouble = on_trouble
        self._stores: dict[str, CandleStore] = {}

    def exchanges(self) -> list[str]:
        """Return the exchanges that candles are held of."""
        try:
            found = sorted(path.name for path in self.root.iterdir() if path.is_dir())
        except FileNotFoundError:
            return []
        except OSError as error:
            shown = sanitize_line(self.root, limit=200)
            raise DataError(f"{shown}: {sanitize_line(error, limit=120)}") from error
        return [name for name in found if (store := self._store_of(name)) is not None and store.symbols("1m")]

    def _store_of(self, folder: str) -> CandleStore | None:
        """Return the store of a folder, None for one that no exchange is named like."""
        try:
            return None if folder.startswith(".") else self.store(folder)
        except DataError:
            return None

    def store(self, exchange: str) -> CandleStore:
        """Return the store of an exchange, by any of its names."""
        from pbtui.market.store import CandleStore

        name = short_name(exchange.strip().lower())
        if name not in self._stores:
            self._stores[name] = CandleStore(self.root, name, clock=self._clock, on_trouble=self._on_trouble)
        return self._stores[name]

    def choose(self, exchanges: Sequence[str], coins: Sequence[str]) -> list[tuple[str, str]]:
        """Return (exchange, symbol) of what is held and asked for, everything where nothing is named.

        Raises ConfigError naming what comes close to an exchange or coin that is not held.
        """
        held = self.exchanges()
        asked = [short_name(name.strip().lower()) for name in exchanges]
        for name in asked:
            if name not in held:
                raise ConfigError(f"no candles of exchange {_shown(name)}", hint=nearest(name, held or VENUES))
        pairs = [(name, symbol) for name in asked or held for symbol in self.store(name).symbols("1m")]
        if not coins:
            return pairs
        chosen: list[tuple[str, str]] = []
        for coin in coins:
            match = [
                (name, symbol)
                for name in sorted({name for name, _ in pairs})
                for symbol in matching(coin, [symbol for other, symbol in pairs if other == name])
            ]
            if not match:
                known = sorted({coin_of(symbol) for _, symbol in pairs})
                raise ConfigError(f"no candles of coin {_shown(coin)}", hint=nearest(coin, known))
            chosen += match
        return sorted(set(chosen))

    def holding(self, exchange: str, symbol: str, timeframe: Timeframe = "1m") -> Holding:
        """Return what is held of a symbol."""
        return Holding(exchange, symbol, coin_of(symbol), self.store(exchange).coverage(symbol, timeframe))

    def reaches(self, exchange: str, symbol: str, start_ms: int, end_ms: int) -> bool:
        """Return whether the candles of a symbol, from first to last, reach into [start, end)."""
        held = self.store(exchange).coverage(symbol)
        if held.first_ms is None or held.last_ms is None:
            return False
        return held.first_ms < end_ms and held.last_ms >= start_ms


def weeks(holding: Holding) -> list[tuple[int, float]]:
    """Return the Monday of every week a symbol is held in and the part of its minutes that is there.

    Minutes before the first and after the last candle count as missing.
    """
    held = holding.coverage
    if held.first_ms is None or held.last_ms is None:
        return []
    first, end = monday_of(held.first_ms), held.last_ms + TIMEFRAME_MS["1m"]
    until = monday_of(held.last_ms) + WEEK_MS
    lost = dict.fromkeys(range(first, until, WEEK_MS), 0)
    for start, stop in [(first, held.first_ms), *((hole.start_ms, hole.end_ms) for hole in held.holes), (end, until)]:
        for week in range(monday_of(start), stop, WEEK_MS):
            lost[week] += min(stop, week + WEEK_MS) - max(start, week)
    return [(week, 1.0 - missing / WEEK_MS) for week, missing in lost.items()]


def matching(coin: str, symbols: Iterable[str]) -> set[str]:
    """Return the symbols of one exchange that a coin means.

    Its name is tried as it is, without case, without a multiplier (1000SHIB), and last without the K that USDC venues
    write for 1000 (KSHIB/USDC:USDC), of which a symbol does not tell whether it belongs to the name.
    """
    name, known = coin.split("/", 1)[0].strip(), list(symbols)
    readings: tuple[Callable[[str], str], ...] = (str, str.lower, lambda text: coin_of(text).lower())
    for reading in readings:
        found = {symbol for symbol in known if reading(symbol.split("/", 1)[0]) == reading(name)}
        if found:
            return found
    thousands = f"k{coin_of(name).lower()}/usdc:usdc"
    return {symbol for symbol in known if symbol.lower() == thousands}


def nearest(word: str, known: Sequence[str]) -> str:
    """Return a hint: the known names that come closest to a word, else the first of them."""
    near = difflib.get_close_matches(word.upper(), [name.upper() for name in known], n=3, cutoff=0.5)
    by_upper = {name.upper(): name for name in known}
    if near:
        return f"did you mean {', '.join(sanitize_line(by_upper[name]) for name in near)}?"
    if not known:
        return "none are held: pbtui candles download, or import"
    listed = ", ".join(sanitize_line(name) for name in known[:12]) + (", …" if len(known) > 12 else "")
    return f"there are {listed}"


def monday_of(ms: int) -> int:
    """Return the beginning of a moment's week."""
    return (ms - _MONDAY_MS) // WEEK_MS * WEEK_MS + _MONDAY_MS


def _shown(name: str) -> str:
    return repr(sanitize_line(name, limit=40))
