"""The port: everything the bot asks of a venue, in values of `core`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from pbtui.core.errors import ExchangeError
from pbtui.core.history import CallTimes
from pbtui.core.types import Balance, Fill, Market, OpenOrder, OrderRequest, Position, Pside, Ticker

Timeframe = Literal["1m", "1h", "1d"]  # days only to find when a market began: they are never stored
TIMEFRAME_MS: dict[Timeframe, int] = {"1m": 60_000, "1h": 3_600_000, "1d": 86_400_000}


@dataclass(frozen=True, slots=True)
class Candles:
    """Finished candles of one symbol, oldest first, equal lengths; ts is the open time, volume in base units."""

    ts_ms: NDArray[np.int64]
    open: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    volume: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.ts_ms)

    def since(self, start_ms: int) -> Candles:
        """Return the candles that open at or after `start_ms`."""
        i = int(np.searchsorted(self.ts_ms, start_ms, side="left"))
        return Candles(self.ts_ms[i:], self.open[i:], self.high[i:], self.low[i:], self.close[i:], self.volume[i:])

    @classmethod
    def empty(cls) -> Candles:
        """Return no candles."""
        f = np.empty(0)
        return cls(np.empty(0, dtype=np.int64), f, f, f, f, f)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a venue can do."""

    hedge_mode: bool = True
    post_only: bool = True
    market_orders: bool = True
    order_stream: bool = False
    max_batch_create: int = 1
    max_batch_cancel: int = 1
    client_id_length: int = 36
    stepped: bool = False  # market time moves only through `step_minute`
    late_ms: int = 0  # so long after it was sent an order may still be taken, the venue refuses it later; 0: never late


@dataclass(frozen=True, slots=True)
class HeldPosition:
    """A position as the venue reports it; size signed by side."""

    symbol: str
    pside: Pside
    position: Position


@dataclass(frozen=True, slots=True)
class CreateResult:
    """Outcome of one create: the accepted order, or the error that stopped it."""

    request: OrderRequest
    order: OpenOrder | None = None  # an order that filled at once is reported with qty 0
    error: ExchangeError | None = None


@dataclass(frozen=True, slots=True)
class CancelResult:
    """Outcome of one cancel."""

    order: OpenOrder
    error: ExchangeError | None = None


@dataclass(frozen=True, slots=True)
class StreamState:
    """Health of a venue's streams; `age_s` since the last message."""

    state: Literal["none", "up", "stale", "down"] = "none"
    age_s: float = 0.0
    deaf: bool = False  # orders of ours were never spoken of for too long: nothing new is opened meanwhile


@dataclass(frozen=True, slots=True)
class VenueVitals:
    """How the connection to a venue does; None where it is not known."""

    calls: tuple[CallTimes, ...] = ()
    rest_ms: float | None = None  # median of the last minutes' calls
    rest_max_ms: float | None = None
    clock_skew_ms: float | None = None  # this machine's clock minus the venue's
    rate_used: float | None = None  # share of the request budget in use
    silent_s: float = 0.0  # silence still owed after a rate limit, by every bot of this machine


@runtime_checkable
class Vital(Protocol):
    """A venue or feed that knows how its connection does."""

    def vitals(self) -> VenueVitals:
        """Return how the connection does."""
        ...


OrderFate = Literal["resting", "done", "absent"]


@runtime_checkable
class FindsOrders(Protocol):
    """A venue account that can look an order up by its client id."""

    async def find_order(self, symbol: str, client_id: str) -> OrderFate | None:
        """Return whether the order rests, has ended (filled or not), or never was; None where the venue can't tell."""
        ...


@runtime_checkable
class KeepsFills(Protocol):
    """A venue account whose fills are kept in a file."""

    def fills_before(self, until_ms: int) -> list[Fill]:
        """Return what is kept from before a time, oldest first; the venue is not asked. Raises StateError."""
        ...

    def fills_mended(self) -> list[Fill] | None:
        """Return all that is kept, oldest first, if another process has changed it since the last call, else None.

        The venue is not asked. Raises StateError.
        """
        ...

    def fills_file(self) -> Path | None:
        """Return the file with a table `fills`, None without one."""
        ...


@runtime_checkable
class Troubled(Protocol):
    """A venue account that may know a reason of its own why entries have to wait."""

    def troubles(self) -> tuple[str, ...]:
        """Return the reasons, one line each; none while all is well."""
        ...


@dataclass(slots=True)
class Wake:
    """Callbacks a venue calls when something happened that is worth a tick (order update, fill)."""

    listeners: list[Callable[[str], None]] = field(default_factory=list)

    def fire(self, what: str) -> None:
        """Tell every listener; `what` is a short word for the log."""
        for listener in self.listeners:
            listener(what)


class Exchange(Protocol):
    """A venue account. Every method may raise ExchangeError; none invents neutral values on failure."""

    name: str
    account: str  # who trades: the user name, or paper
    quote: str
    capabilities: Capabilities
    wake: Wake

    async def start(self) -> None:
        """Connect; after it every other method works."""
        ...

    async def close(self) -> None:
        """Release connections and files; orders stay as they are."""
        ...

    def now_ms(self) -> int:
        """Return the venue's time in epoch ms (market time for a replay)."""
        ...

    async def load_markets(self) -> dict[str, Market]:
        """Return all markets by symbol, with fresh limits."""
        ...

    async def fetch_balance(self) -> Balance:
        """Return the wallet balance."""
        ...

    async def fetch_positions(self) -> list[HeldPosition]:
        """Return every open position."""
        ...

    async def fetch_open_orders(self) -> list[OpenOrder]:
        """Return every resting order of the account."""
        ...

    async def fetch_fills(self, since_ms: int) -> list[Fill]:
        """Return fills at or after `since_ms`, oldest first."""
        ...

    async def fetch_tickers(self, symbols: Sequence[str]) -> dict[str, Ticker]:
        """Return best prices and last trade for those of `symbols` that have them."""
        ...

    async def fetch_candles(self, symbol: str, timeframe: Timeframe, start_ms: int, end_ms: int) -> Candles:
        """Return finished candles with start_ms ≤ open < end_ms; shorter when history is shorter."""
        ...

    async def create_orders(self, requests: Sequence[OrderRequest]) -> list[CreateResult]:
        """Send orders in the given sequence; one result each, same order."""
        ...

    async def cancel_orders(self, orders: Sequence[OpenOrder]) -> list[CancelResult]:
        """Cancel orders; one result each, same order."""
        ...

    async def prepare_account(self, *, hedge_mode: bool) -> None:
        """Set the position mode, or raise AccountRefused saying what to change."""
        ...

    async def prepare_symbol(self, symbol: str, *, leverage: int) -> None:
        """Set cross margin and leverage of a symbol before its first order."""
        ...

    def stream_state(self) -> StreamState:
        """Return the health of the streams."""
        ...


class SteppedExchange(Exchange, Protocol):
    """A venue whose market time moves only when told: replays and synthetic markets."""

    @property
    def first_ms(self) -> int:
        """Open time of the first candle that trades; fills and `--for` count from here."""
        ...

    @property
    def plan_done(self) -> bool:
        """Whether the plan of the current minute is already committed (resumed after a kill): step, don't plan."""
        ...

    async def step_minute(self) -> bool:
        """Commit the past minute, let the next candle happen (fills included); False when the data end."""
        ...
