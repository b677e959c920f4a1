"""What the operator looks at: the newest snapshot and every choice of view. No widget, no clock."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Literal

from pbtui.console.actions import Place
from pbtui.console.backtest.view import BacktestView
from pbtui.console.candles.view import CandlesView
from pbtui.console.config.view import ConfigView
from pbtui.console.equity import EquityView
from pbtui.console.fills.view import FillsView
from pbtui.console.log.view import LogView
from pbtui.console.optimize.view import OptimizeView, ParetoView
from pbtui.console.replay.view import ReplayView
from pbtui.core.actions import Target
from pbtui.core.record import record
from pbtui.core.snapshot import CoinFacts, EventRow, Snapshot
from pbtui.core.types import Mode, Pside
from pbtui.link.base import Role

Key = tuple[str, Pside]
Timeframe = Literal["1m", "15m", "1h"]
TIMEFRAMES: tuple[Timeframe, ...] = ("1m", "15m", "1h")
MOST_EVENTS = 5_000
MOST_LEVEL = 3
# Panels that can be sorted.
SORTED = (
    "positions", "orders", "modes", "coverage", "gaps", "findings", "runs", "run-coins", "run-fills", "fronts",
    "members",
)  # fmt: skip


@record
class Sort:
    """Order of a table: a column id ("" = as it comes) and direction."""

    column: str = ""
    descending: bool = False


@dataclass(slots=True)
class ViewState:
    """Everything drawn is a function of this and the clock."""

    role: Role = "controller"
    snapshot: Snapshot | None = None
    place: Place = "live"
    panel: str = "positions"  # which panel has the focus
    current: Key | None = None
    selected: set[Hashable] = field(default_factory=set)
    locked: bool = False
    attached: bool = False
    link_ended: str = ""  # why there are no more snapshots
    undo_ready: bool = False
    slow_link: bool = False  # the terminal takes what is drawn too slowly: draw less often
    orders_all: bool = False
    event_level: int = 1
    timeframe: Timeframe = "1m"
    view: int = 0  # what the free place of the live screen shows
    coin_view: int = 0  # and that of the coin screen
    header_grown: dict[int, int] = field(default_factory=dict[int, int])  # widths of its parts, see `header`
    equity: EquityView = field(default_factory=EquityView)
    facts: CoinFacts | None = None  # of the coin that was last asked for
    facts_problem: str = ""
    filters: dict[str, str] = field(default_factory=dict)
    hidden: dict[str, frozenset[str]] = field(default_factory=dict)  # columns taken out, by table
    sorts: dict[str, Sort] = field(default_factory=lambda: dict.fromkeys(SORTED, Sort()))
    candles: CandlesView = field(default_factory=CandlesView)
    backtest: BacktestView = field(default_factory=BacktestView)
    optimize: OptimizeView = field(default_factory=OptimizeView)
    pareto: ParetoView = field(default_factory=ParetoView)
    log: LogView = field(default_factory=LogView)
    config: ConfigView = field(default_factory=ConfigView)
    fills: FillsView = field(default_factory=FillsView)
    replay: ReplayView = field(default_factory=ReplayView)
    events: deque[EventRow] = field(default_factory=lambda: deque(maxlen=MOST_EVENTS))
    _known: list[Key] = field(default_factory=list[Key])
    _known_of: Snapshot | None = None

    def take(self, snapshot: Snapshot) -> None:
        """Use a newer snapshot: keep its new events, forget choices of coins that are gone."""
        last = self.events[-1] if self.events else None
        restarted = bool(last and snapshot.events and snapshot.events[-1].seq < last.seq)
        seen = -1 if last is None or restarted else last.seq
        self.events.extend(event for event in snapshot.events if event.seq > seen)
        self.snapshot = snapshot
        known = self.known()
        self.selected &= set(known)
        if self.current not in known:
            self.current = known[0] if known else None

    def known(self) -> list[Key]:
        """Return every coin and side of the snapshot: positions first, then the other modes."""
        snapshot = self.snapshot
        if snapshot is None:
            return []
        if self._known_of is not snapshot:  # asked many times a frame, and orders may be thousands
            rows = chain(snapshot.positions, snapshot.modes, snapshot.orders)
            self._known_of, self._known = snapshot, list(dict.fromkeys((row.symbol, row.pside) for row in rows))
        return self._known

    def targets(self) -> tuple[Target, ...]:
        """Return what mode keys act on: the selection, else the current row; on a coin's screen that coin only."""
        chosen = [] if self.place == "coin" else [key for key in self.known() if key in self.selected]
        keys = chosen or ([self.current] if self.current else [])
        return tuple(Target(symbol, pside) for symbol, pside in keys)

    def coin(self, symbol: str) -> str:
        """Return the coin of a symbol as the snapshot names it."""
        if self.snapshot is not None:
            for row in (*self.snapshot.positions, *self.snapshot.modes, *self.snapshot.orders):
                if row.symbol == symbol:
                    return row.coin
        return symbol.split("/", 1)[0]

    def price_places(self) -> dict[str, int]:
        """Return the decimals of a tick by symbol, for the symbols in the tables."""
        rows = (*self.snapshot.orders, *self.snapshot.positions) if self.snapshot else ()
        return {row.symbol: row.price_decimals for row in rows}

    def mode_of(self, key: Key) -> str:
        """Return the effective mode of a coin and side, "" when unknown."""
        if self.snapshot is None:
            return ""
        for row in self.snapshot.modes:
            if (row.symbol, row.pside) == key:
                return row.effective
        return next((row.mode for row in self.snapshot.positions if (row.symbol, row.pside) == key), "")

    def hand_mode_of(self, key: Key) -> Mode | None:
        """Return the mode a hand has set, None when the config decides."""
        rows = self.snapshot.modes if self.snapshot else ()
        hand = next((row.hand for row in rows if (row.symbol, row.pside) == key), "")
        return next((mode for mode in Mode if mode == hand), None)

    def toggle(self, key: Hashable) -> None:
        """Put a row into the selection, or take it out."""
        self.selected ^= {key}

    def select_all(self, keys: Iterable[Hashable]) -> None:
        """Select these rows; none if they all are selected already."""
        wanted = set(keys)
        self.selected = set() if wanted <= self.selected else self.selected | wanted

    def turn_sort(self, table: str, columns: list[str]) -> None:
        """Sort a table by its next column; after the last one, as it comes."""
        choices = ["", *columns]
        here = self.sorts[table].column
        place = choices.index(here) if here in choices else 0
        self.sorts[table] = Sort(choices[(place + 1) % len(choices)])

    def sort_by(self, table: str, column: str) -> None:
        """Sort a table by a column; turn the order round if it already is."""
        before = self.sorts.get(table, Sort())
        self.sorts[table] = Sort(column, not before.descending if before.column == column else False)

    def reverse_sort(self, table: str) -> None:
        """Turn the order of a table round."""
        self.sorts[table] = replace(self.sorts[table], descending=not self.sorts[table].descending)

    def step_timeframe(self, by: int) -> None:
        """Choose longer (+1) or shorter (−1) candles."""
        place = TIMEFRAMES.index(self.timeframe) + by
        self.timeframe = TIMEFRAMES[max(0, min(place, len(TIMEFRAMES) - 1))]
