"""The candle store of one exchange, shared by live, backtest and optimizer, and by any number of processes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import numpy as np

from pbtui.core.clock import Clock
from pbtui.core.errors import DataError
from pbtui.core.sanitize import sanitize_line
from pbtui.exchange.port import TIMEFRAME_MS, Timeframe
from pbtui.market.store.checking import FileFinding, findings_of
from pbtui.market.store.layout import folder_of, is_name, segment_of, symbol_of
from pbtui.market.store.notes import KnownGap
from pbtui.market.store.rows import MINUTE, Rows, last_of_each, sound
from pbtui.market.store.shelf import Coverage, Shelf
from pbtui.market.store.spans import SpanLike, Stretch
from pbtui.market.store.trouble import StoreBusy, StoreUnwritable, Trouble, TroubleKind

_LOCK_TIMEOUT_S = 10.0  # live.candle_lock_timeout_seconds (candles.md 4)
_FETCH_TIMEOUT_S = 600.0  # a round of archive files on a slow line


class CandleStore:
    """Real candles of one exchange below `root` (`BASE/caches/ohlcv`); every range is [start, end) in epoch ms.

    Rows are of dtype MINUTE, ascending, unique, on the grid of their timeframe; only finished candles may be written.
    Any method may be called from any thread. `on_trouble` hears, in the calling thread, of what the user should know
    and the program survives: damaged segments (put aside, their candles count as missing), unreadable shards of
    Passivbot, a disk that refuses. Symbols that cannot be a folder raise DataError.
    """

    def __init__(
        self,
        root: Path,
        exchange: str,
        *,
        clock: Clock,
        on_trouble: Callable[[Trouble], None],
        lock_timeout_s: float = _LOCK_TIMEOUT_S,
        fetch_timeout_s: float = _FETCH_TIMEOUT_S,
    ) -> None:
        """Take the folder `root/exchange`; `exchange` is a short name. Nothing is made before something is written."""
        if not is_name(exchange):
            raise DataError(f"{sanitize_line(exchange, limit=60)!r} is no name of an exchange")
        self.exchange = exchange
        self.folder = root / exchange
        self._clock = clock
        self._on_trouble = on_trouble
        self._lock_timeout_s = lock_timeout_s
        self._fetch_timeout_s = fetch_timeout_s
        self._shelves: dict[tuple[str, str], Shelf] = {}

    def read(self, symbol: str, start_ms: int, end_ms: int, timeframe: Timeframe = "1m") -> Rows:
        """Return the real candles held of [start, end), each verified; those of damaged segments are absent."""
        return self.shelf(symbol, timeframe).read(start_ms, end_ms)

    def write(self, symbol: str, rows: Rows, timeframe: Timeframe = "1m") -> int:
        """Merge candles, new ones win, and return how many were taken; on return they are durable.

        Rows that are no candles (off the grid, not finite or positive, open or close outside low and high) are left out
        and told. Raises StoreUnwritable when the disk refuses and StoreBusy when another process holds the lock for too
        long; what was stored before is untouched then. Raises DataError for rows of another dtype.
        """
        if rows.dtype != MINUTE:
            raise DataError("candles to store are not of the store's dtype")
        shelf = self.shelf(symbol, timeframe)
        good = sound(rows, TIMEFRAME_MS[timeframe])
        if not good.all():
            left_out = int(np.count_nonzero(~good))
            self._tell(symbol, "unsound", shelf.folder, f"{left_out} rows are no candles and were not stored")
        kept = last_of_each(rows[good])
        if len(kept):
            self._guarded(symbol, shelf, lambda: shelf.write(kept))
        return len(kept)

    def missing(self, symbol: str, start_ms: int, end_ms: int, timeframe: Timeframe = "1m") -> list[Stretch]:
        """Return the stretches of [start, end) without candles, ascending; fast, for segments need not be opened."""
        return self.shelf(symbol, timeframe).missing(start_ms, end_ms)

    def coverage(self, symbol: str, timeframe: Timeframe = "1m") -> Coverage:
        """Return first and last candle, their number, and the holes between them."""
        return self.shelf(symbol, timeframe).coverage()

    def symbols(self, timeframe: Timeframe = "1m") -> list[str]:
        """Return the symbols that have segments, ours or Passivbot's, ascending."""
        try:
            folders = [path for path in (self.folder / timeframe).iterdir() if path.is_dir()]
            held = [path.name for path in folders if any(segment_of(file.name) for file in path.iterdir())]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            shown = sanitize_line(self.folder, limit=200)
            raise DataError(f"{shown}: {sanitize_line(error, limit=120)}") from error
        return sorted(symbol for name in held if (symbol := _known(name)) is not None)

    def verify(self, symbol: str) -> list[FileFinding]:
        """Read every byte held of a symbol and return what is wrong with its files; damaged segments are put aside."""
        found: list[FileFinding] = []
        for timeframe in TIMEFRAME_MS:
            if (self.folder / timeframe / folder_of(symbol)).is_dir():
                found += findings_of(self.shelf(symbol, timeframe), timeframe)
        return found

    def delete(self, symbol: str, timeframe: Timeframe = "1m") -> int:
        """Delete what we hold of a symbol and return the bytes freed; shards of Passivbot stay, and stay readable.

        Raises StoreUnwritable, StoreBusy.
        """
        shelf = self.shelf(symbol, timeframe)
        return shelf.delete() if shelf.folder.is_dir() else 0

    def fetch_lock(self, symbol: str, timeframe: Timeframe = "1m") -> AbstractContextManager[None]:
        """Keep every other fetcher of the symbol out, in this process and in others, so that nothing is fetched twice.

        Writing needs no fetch lock. Entering raises StoreBusy, naming the holder, or StoreUnwritable.
        """
        return self.shelf(symbol, timeframe).fetching(self._fetch_timeout_s)

    def known_gaps(self, symbol: str, timeframe: Timeframe = "1m") -> list[KnownGap]:
        """Return the gaps that are known, ascending and disjoint (candles.md 10.1)."""
        return list(self.shelf(symbol, timeframe).notes().gaps)

    def note_gaps(
        self,
        symbol: str,
        spans: Iterable[SpanLike],
        reason: str,
        timeframe: Timeframe = "1m",
        *,
        retry_count: int | None = None,
    ) -> None:
        """Remember gaps at once; each stretch's number of retries grows by one, up to three, unless it is told.

        The reason of a gap that is known gives way to a new one, except to `auto_detected`. Raises StoreUnwritable,
        StoreBusy.
        """
        spans = list(spans)
        if spans:
            shelf, now_ms = self.shelf(symbol, timeframe), self._clock.now_ms()
            change = shelf.change_notes
            self._guarded(symbol, shelf, lambda: change(lambda old: old.with_gaps(spans, reason, retry_count, now_ms)))

    def listing(self, symbol: str) -> int | None:
        """Return when the first candle of a symbol opened, None when that is not known."""
        return self.shelf(symbol, "1m").notes().listing_ms

    def note_listing(self, symbol: str, first_ms: int) -> None:
        """Remember when the first candle of a symbol opened; raises StoreUnwritable, StoreBusy."""
        shelf = self.shelf(symbol, "1m")
        self._guarded(symbol, shelf, lambda: shelf.change_notes(lambda old: replace(old, listing_ms=first_ms)))

    def shelf(self, symbol: str, timeframe: Timeframe) -> Shelf:
        """Return the folder of a symbol and timeframe."""
        key = (symbol, timeframe)
        if key not in self._shelves:

            def tell(kind: TroubleKind, path: Path, text: str) -> None:
                self._tell(symbol, kind, path, text)

            folder = self.folder / timeframe / folder_of(symbol)
            made = Shelf(folder, TIMEFRAME_MS[timeframe], self._clock, tell, self._lock_timeout_s)
            self._shelves.setdefault(key, made)
        return self._shelves[key]

    def _guarded(self, symbol: str, shelf: Shelf, work: Callable[[], None]) -> None:
        try:
            work()
        except StoreUnwritable as error:
            self._tell(symbol, "unwritable", shelf.folder, error.line())
            raise
        except StoreBusy as error:
            self._tell(symbol, "locked", shelf.folder, error.line())
            raise

    def _tell(self, symbol: str, kind: TroubleKind, path: Path, text: str) -> None:
        shown, name = sanitize_line(path, limit=200), sanitize_line(symbol, limit=60)
        self._on_trouble(Trouble(kind, self.exchange, name, shown, sanitize_line(text, limit=300)))


def _known(folder: str) -> str | None:
    """Return the symbol of a folder, None if no symbol is kept under such a name."""
    symbol = symbol_of(folder)
    try:
        return symbol if folder_of(symbol) == folder else None
    except DataError:
        return None
