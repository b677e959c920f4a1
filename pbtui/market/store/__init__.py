"""Every candle once, on disk, verified on each read; safe with many processes, crashes and damaged files."""

from pbtui.market.store.candles import CandleStore
from pbtui.market.store.checking import FileFinding
from pbtui.market.store.notes import KnownGap
from pbtui.market.store.shelf import Coverage
from pbtui.market.store.trouble import StoreBusy, StoreUnwritable, Trouble

__all__ = ["CandleStore", "Coverage", "FileFinding", "KnownGap", "StoreBusy", "StoreUnwritable", "Trouble"]
