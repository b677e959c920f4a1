"""A finished run, step by step: at any bar what was held, which orders the engine wanted and why, and what filled.

The fills of the run tell the account, the engine's own recursions the averages; from both the question of each bar is
written anew and put to the engine's decision step. What it answers must fill as the run filled: `Step.problem` tells
where it would not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from threading import Lock
from typing import Literal

from pbtui.backtest.replay_account import Books, Ledger
from pbtui.backtest.replay_averages import ReplayAverages, ReplayTrailing
from pbtui.backtest.replay_document import Documents
from pbtui.backtest.replay_rules import ReplayRules
from pbtui.backtest.replay_told import Candle, HeldRow, ReplayFill, ReplayOrder, Step
from pbtui.backtest.run import Run
from pbtui.core.snapshot import ReasonRow
from pbtui.core.types import PSIDES, Pside
from pbtui.engine import compute_ideal_orders_json
from pbtui.engine.errors import EngineError
from pbtui.engine.numerics import pnl, round_, wallet_exposure
from pbtui.engine.orchestrator import IdealOrder, decode_plan
from pbtui.engine.why import explain

Stop = Callable[[], bool]
_KEPT = 400  # bars whose orders are kept


@dataclass(frozen=True, slots=True)
class _Decided:
    """What the engine answered at the end of a bar: orders by place of the coin; `problem` where it refused."""

    orders: tuple[tuple[IdealOrder, ...], ...]
    problem: str = ""


class Replay:
    """Steps through a run; bars count from the first of its candles. Methods may be called from any thread."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.coins = run.inputs.coins
        self.rules = ReplayRules(run.inputs)
        self.ledger = Ledger(run.inputs, run.fills)
        self._averages = ReplayAverages(run.inputs, self.rules)
        self._documents = Documents(run.inputs, self.rules, ReplayTrailing(run.inputs, self.rules))
        self._decided: dict[tuple[int, bool], _Decided] = {}
        self._fills_of: dict[int, tuple[ReplayFill, ...]] = {}
        self._lock = Lock()

    # -- time ----------------------------------------------------------------------------------------------------

    @property
    def first_bar(self) -> int:
        """The first bar at whose end orders were decided."""
        return min(self.rules.first_decision, self.last_bar)

    @property
    def last_bar(self) -> int:
        """The last bar that was looked at."""
        return max(1, self.rules.last_bar)

    def time_ms(self, bar: int) -> int:
        """Return the open time of a bar."""
        return self.rules.first_ms + bar * self.rules.interval_ms

    def bar_at(self, time_ms: int) -> int:
        """Return the bar of a moment, within those of the run."""
        bar = (time_ms - self.rules.first_ms) // self.rules.interval_ms
        return max(self.first_bar, min(self.last_bar, bar))

    def covers(self, time_ms: int) -> bool:
        """Tell whether the run looked at a moment."""
        return self.time_ms(self.first_bar) <= time_ms < self.time_ms(self.last_bar + 1)

    def decimals(self, coin: str) -> tuple[int, int]:
        """Return how many decimals prices and quantities of a coin have."""
        market = self.run.inputs.markets[self.coins.index(coin)]
        return _decimals(float(market["price_step"])), _decimals(float(market["qty_step"]))

    # -- one bar -------------------------------------------------------------------------------------------------

    def step(self, bar: int, *, whole: bool = False) -> Step:
        """Return a bar: its fills, the account after them, and the orders then wanted; `whole`: whole ladders."""
        with self._lock:
            books = self.ledger.books(bar)
            decided = self._decide(bar, whole=whole)
            problem = decided.problem or self._difference(bar) or self._difference(bar + 1)
            held = tuple(self._held(bar, place, pside, books) for place, pside in sorted(books.held))
            return Step(
                bar=bar,
                time_ms=self.time_ms(bar),
                balance=books.total,
                equity=books.total + sum(row.upnl for row in held),
                held=held,
                orders=tuple(
                    ReplayOrder(self.coins[place], one.pside, one.order_type, one.qty, one.price)
                    for place, orders in enumerate(decided.orders)
                    for one in orders
                ),
                fills=tuple(self._fill(row) for row in self.ledger.rows(bar)),
                coming=tuple(self._fill(row) for row in self.ledger.rows(bar + 1)) if bar < self.last_bar else (),
                candles=tuple(self._candle(bar, place) for place in range(len(self.coins))),
                problem=problem,
                whole=whole,
            )

    def why(self, bar: int, coin: str, *, whole: bool = False) -> tuple[ReasonRow, ...]:
        """Return the reasons of both sides of a coin at the end of a bar, as the engine gives them while it decides."""
        if bar < self.rules.first_decision or coin not in self.coins:
            return ()
        with self._lock:
            try:
                found = explain(self._text(bar, whole=whole), self.coins.index(coin))
            except EngineError:
                return ()  # `step` tells what it says
        rows: list[ReasonRow] = []
        for pside in PSIDES:
            parts: tuple[tuple[Literal["entry", "close"], list], ...] = (
                ("entry", found[pside].entries),
                ("close", found[pside].closes),
            )
            for part, reasons in parts:
                for one in reasons:
                    numbers = {name: value for name, value in one.numbers.items() if isfinite(value)}
                    rows.append(
                        ReasonRow(
                            pside, part, one.code, one.effect, numbers, one.rung, one.order_type, one.qty, one.price
                        )
                    )
        return tuple(rows)

    # -- moving --------------------------------------------------------------------------------------------------

    def next_fill(self, bar: int, coin: str = "", *, forward: bool = True) -> int | None:
        """Return the next bar with a fill (of a coin), or the one before; None where there is none."""
        rows = self.ledger.of_coin(self.coins.index(coin)) if coin else range(len(self.ledger))
        bars = (self.ledger.bar(row) for row in (rows if forward else reversed(rows)))
        return next((other for other in bars if (other > bar if forward else other < bar)), None)

    def next_change(self, bar: int, coin: str, *, forward: bool = True, stop: Stop = lambda: False) -> int | None:
        """Return the next bar that fills an order of a coin or leaves it with others, or the one before.

        None where nothing changes any more, or when `stop` says so.
        """
        by = 1 if forward else -1
        at = max(self.first_bar, min(self.last_bar, bar))
        while self.first_bar <= at + by <= self.last_bar and not stop():
            at += by
            if at == self.first_bar or self.changed(at, coin):
                return at
        return None

    def changed(self, bar: int, coin: str) -> bool:
        """Tell whether a bar filled an order of a coin, or the orders wanted after it are not those before it."""
        place = self.coins.index(coin)
        with self._lock:
            if any(int(self.ledger.fills.coin[row]) == place for row in self.ledger.rows(bar)):
                return True
            before, now = self._decide(bar - 1, whole=False), self._decide(bar, whole=False)
        return before.orders[place] != now.orders[place]

    def fills_of(self, coin: str) -> tuple[ReplayFill, ...]:
        """Return the fills of a coin, oldest first."""
        place = self.coins.index(coin)
        if place not in self._fills_of:
            self._fills_of[place] = tuple(self._fill(row) for row in self.ledger.of_coin(place))
        return self._fills_of[place]

    def difference(self, bar: int) -> str:
        """Return one line where the orders wanted before a bar would have filled otherwise than the run did."""
        with self._lock:
            return self._difference(bar)

    # -- the decision --------------------------------------------------------------------------------------------

    def _text(self, bar: int, *, whole: bool) -> str:
        books = self.ledger.books(bar)
        return self._documents.at(bar, books, self._averages.at(bar), look_ahead=not whole)

    def _decide(self, bar: int, *, whole: bool) -> _Decided:
        key = (bar, whole)
        if key not in self._decided:
            if len(self._decided) >= _KEPT:
                self._decided.pop(next(iter(self._decided)))
            self._decided[key] = self._ask(bar, whole=whole)
        return self._decided[key]

    def _ask(self, bar: int, *, whole: bool) -> _Decided:
        none: tuple[tuple[IdealOrder, ...], ...] = ((),) * len(self.coins)
        if not self.rules.first_decision <= bar <= self.rules.last_bar:
            return _Decided(none)
        try:
            plan = decode_plan(compute_ideal_orders_json(self._text(bar, whole=whole)), self.coins)
        except EngineError as error:
            return _Decided(none, f"the engine refuses to decide: {error.line()}")
        return _Decided(tuple(tuple(plan.orders[coin]) for coin in self.coins))

    def _difference(self, bar: int) -> str:
        rows = self.ledger.rows(bar)
        if not self.rules.first_decision < bar <= self.rules.last_bar:
            return "" if not len(rows) else f"{len(rows)} fills of the run come before any order"
        wanted = self._filled(bar)
        made = [self._fill(row) for row in rows]
        told = [(one.coin, one.kind, one.qty, one.price) for one in made]
        if wanted == told:
            return ""
        odd = next((pair for pair in zip(wanted, told, strict=False) if pair[0] != pair[1]), None)
        if odd is not None:
            return f"the replay would fill {_words(odd[0])}, the run filled {_words(odd[1])}"
        if len(wanted) > len(told):
            return f"the replay would fill {_words(wanted[len(told)])}, which the run did not"
        return f"the run filled {_words(told[len(wanted)])}, which the replay would not"

    def _filled(self, bar: int) -> list[tuple[str, str, float, float]]:
        """Return what a bar fills of the orders wanted before it, in the order of filling (2.4)."""
        decided, books = self._decide(bar - 1, whole=False), self.ledger.books(bar - 1)
        found: list[tuple[str, str, float, float]] = []
        for pside in PSIDES:
            if not self.rules.side_on[pside]:
                continue
            for place, orders in enumerate(decided.orders):
                own = [one for one in orders if one.pside == pside and self._reached(bar, place, one)]
                held = books.held.get((place, pside))
                size = held.position.size if held is not None else 0.0
                for one in (each for each in own if each.order_type.startswith("close_")):
                    if size == 0.0:
                        break
                    after = round_(size + one.qty, float(self.run.inputs.markets[place]["qty_step"]))
                    crossed = after < 0.0 if pside == "long" else after > 0.0
                    qty, size = (-size, 0.0) if crossed else (one.qty, after)
                    found.append((self.coins[place], one.order_type, qty, one.price))
                entries = (each for each in own if not each.order_type.startswith("close_"))
                found += [(self.coins[place], one.order_type, one.qty, one.price) for one in entries]
        return found

    def _reached(self, bar: int, place: int, order: IdealOrder) -> bool:
        own = self.rules.ranges[place]
        if not own.is_tradable(bar):
            return False
        high, low = (float(value) for value in self.run.inputs.hlcvs[bar, own.column, :2])
        return low < order.price if order.qty > 0.0 else order.qty < 0.0 and high > order.price

    # -- rows ----------------------------------------------------------------------------------------------------

    def _candle(self, bar: int, place: int) -> Candle:
        high, low, close, volume = (
            float(value) for value in self.run.inputs.hlcvs[bar, self.rules.ranges[place].column]
        )
        return Candle(self.coins[place], high, low, close, volume)

    def _held(self, bar: int, place: int, pside: Pside, books: Books) -> HeldRow:
        held, price = books.held[place, pside], self._documents.price(bar, place)
        size, entry = held.position.size, held.position.price
        c_mult = float(self.run.inputs.markets[place]["c_mult"])
        allowance = max(0.0, float(self.rules.bots[place][pside]["risk_we_excess_allowance_pct"]))
        limit = max(0.0, self.rules.limits(bar)[place, pside]) * (1.0 + allowance)
        exposure = wallet_exposure(c_mult, books.total, abs(size), entry)
        upnl = pnl(pside, entry, price, size, c_mult)
        return HeldRow(self.coins[place], pside, size, entry, price, upnl, exposure, limit, self.time_ms(held.since))

    def _fill(self, row: int) -> ReplayFill:
        fills, kind = self.ledger.fills, self.ledger.types[row]
        pside: Pside = "short" if kind.endswith("_short") else "long"
        return ReplayFill(
            row=row,
            time_ms=int(fills.timestamp_ms[row]),
            coin=self.coins[int(fills.coin[row])],
            pside=pside,
            kind=kind,
            qty=float(fills.fill_qty[row]),
            price=float(fills.fill_price[row]),
            pnl=float(fills.pnl[row]),
            fee=float(fills.fee_paid[row]),
            size=float(fills.position_size[row]),
            entry=float(fills.position_price[row]),
            balance=float(fills.usd_total_balance[row]),
        )


def _decimals(step: float) -> int:
    exponent = Decimal(repr(step)).normalize().as_tuple().exponent if 0.0 < step < 1.0 else 0
    return min(12, -exponent) if isinstance(exponent, int) else 0


def _words(one: tuple[str, str, float, float]) -> str:
    coin, kind, qty, price = one
    return f"{coin} {kind} {qty:+.8g} @ {price:.8g}"


def check_all(replay: Replay, stop: Stop = lambda: False) -> tuple[int, str]:
    """Hold every bar of a run against its replay; return how many were the same, and the first difference."""
    for bar in range(1, replay.last_bar + 1):
        if stop():
            return bar - 1, "stopped"
        found = replay.difference(bar)
        if found:
            return bar - 1, found
    return replay.last_bar, ""
