"""From the account as observed to what should rest on the venue: modes, plan, checks, difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pbtui.core.types import PSIDES, Mode, OpenOrder, Pside
from pbtui.engine.errors import EngineError
from pbtui.engine.execution import ExecutableOrder
from pbtui.exchange.port import Exchange
from pbtui.live.account import Account
from pbtui.live.coins import AgeCheck, CoinBook, affordable
from pbtui.live.fills import FillBook
from pbtui.live.forager import Choice, choice_of, ideal_coins, is_forager
from pbtui.live.foreign import leave_room
from pbtui.live.inputs import SymbolInput
from pbtui.live.keys import Key
from pbtui.live.modes import ModeTable, SideFacts, mode_table
from pbtui.live.oneway import with_rivals
from pbtui.live.panic import close_orders, kinds_now, panic_items
from pbtui.live.plan import Plan, make_plan
from pbtui.live.reconcile import Diff, SidePolicy, diff_symbol, merged
from pbtui.live.rules import Rules
from pbtui.live.store import BotState
from pbtui.live.trailing import TrailingBook
from pbtui.live.validate import Limits, problems
from pbtui.live.warmup import CandleKeeper

PRICE_TOO_OLD_MS = 120_000


@dataclass(slots=True)
class Decision:
    """One tick's decision; `problems` non-empty = rejected, nothing is sent."""

    modes: ModeTable = field(default_factory=ModeTable)
    configured: ModeTable = field(default_factory=ModeTable)
    plan: Plan = field(default_factory=Plan)
    wanted: dict[str, list[ExecutableOrder]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    crowded_out: list[ExecutableOrder] = field(default_factory=list)  # no room beside foreign entries
    unpriced: tuple[str, ...] = ()  # active symbols without a price
    panicking: frozenset[Key] = frozenset()
    panic_sound: bool = False  # there are panic closes, and nothing is wrong with them


class Decider:
    """Knows where every input of a decision comes from; asks nothing of the venue itself."""

    def __init__(
        self,
        exchange: Exchange,
        rules: Rules,
        coins: CoinBook,
        candles: CandleKeeper,
        trailing: TrailingBook,
        fills: FillBook,
        ages: AgeCheck,
    ) -> None:
        self.rules = rules
        self._exchange = exchange
        self._coins = coins
        self._candles = candles
        self._trailing = trailing
        self._fills = fills
        self._ages = ages

    @property
    def hedge_mode(self) -> bool:
        """Whether both sides of a coin may be held at once."""
        return self.rules.live.hedge_mode and self._exchange.capabilities.hedge_mode

    def modes(self, account: Account, state: BotState) -> tuple[ModeTable, ModeTable]:
        """Return the effective modes, and those without the operator's hand."""
        hand: dict[Pside, dict[str, Mode]] = {"long": {}, "short": {}}
        for (symbol, pside), entry in state.hand_modes.items():
            hand[pside][symbol] = entry.mode
        ideal: dict[Pside, list[str]] = {pside: self._ideal(pside, account) for pside in PSIDES}
        effective = self._table(account, ideal, hand)
        if not state.hand_modes:
            return effective, effective
        return effective, self._table(account, ideal, {"long": {}, "short": {}})

    def decide(self, account: Account, state: BotState, tables: tuple[ModeTable, ModeTable]) -> Decision:
        """Plan for all active symbols and check the plan; inputs that the engine refuses are a rejected plan, too."""
        modes, configured = tables
        symbols, unpriced = self._inputs(account, modes)
        if not self.hedge_mode:
            candidates: dict[Pside, list[str]] = {pside: self._candidates_of(pside) for pside in PSIDES}
            symbols = with_rivals(self.rules, account, symbols, candidates, self._forced(state))
        panicking = frozenset(key for key in account.positions if modes.get(*key) is Mode.PANIC)
        markets = self._coins.markets
        kinds = kinds_now(
            panicking,
            since_ms=state.panic_since,
            now_ms=self._exchange.now_ms(),
            market_at_once=self.rules.live.market_orders_allowed,
            market_possible=self._exchange.capabilities.market_orders,
        )
        panic = close_orders(panic_items(kinds, account, markets), kinds)
        refused: list[str] = []
        try:
            plan = self._plan(account, symbols, panic)
        except EngineError as error:
            # Panics are priced apart from the plan: they go on.
            refused = [f"the engine refused it: {error.line()}"]
            plan = self._plan(account, [], panic)
        limits = Limits(self.rules, account, modes, markets)
        found = refused + problems(plan.raw, limits)
        panic_sound = bool(panic) and not (found and problems(panic, limits))
        wanted, crowded_out = leave_room(plan.wanted, account, self.rules, markets)
        return Decision(modes, configured, plan, wanted, found, crowded_out, unpriced, panicking, panic_sound)

    def _plan(self, account: Account, symbols: list[SymbolInput], panic: Mapping[str, list[ExecutableOrder]]) -> Plan:
        return make_plan(
            self.rules,
            account,
            self._fills,
            symbols,
            panic,
            self._coins.markets,
            hedge_mode=self.hedge_mode,
            recorded=self._exchange.capabilities.stepped,
        )

    def difference(self, decision: Decision, account: Account, *, entries_blocked: bool) -> Diff:
        """Return what to cancel and create; orders that may be gone already are not cancelled."""
        if decision.problems and not decision.panic_sound:
            return Diff()
        by_symbol = _by_symbol(account)
        diffs: list[Diff] = []
        prices: dict[str, float] = {}
        for symbol in sorted({*decision.modes.symbols, *decision.wanted}):
            if symbol in decision.unpriced and not any((symbol, pside) in decision.panicking for pside in PSIDES):
                continue
            price = account.price(symbol)
            if price is not None:
                prices[symbol] = price
            policies = self._policies(symbol, decision, entries_blocked=entries_blocked)
            actual, wanted = by_symbol.get(symbol, []), decision.wanted.get(symbol, [])
            diffs.append(diff_symbol(actual, wanted, policies, tolerance=self.rules.live.order_match_tolerance_pct))
        total = merged(diffs, prices)
        total.cancels = [order for order in total.cancels if order.id not in account.ghosts]
        return total

    def _policies(self, symbol: str, decision: Decision, *, entries_blocked: bool) -> dict[Pside, SidePolicy]:
        return {
            pside: SidePolicy(
                self._touchable(decision, (symbol, pside)),
                entries_wait=(symbol, pside) in decision.plan.waiting,
                entries_blocked=entries_blocked,
            )
            for pside in PSIDES
        }

    def _touchable(self, decision: Decision, key: Key) -> Mode:
        """Return a side's mode; of a rejected plan, or without a fresh price, only panics are carried out."""
        if (decision.problems or key[0] in decision.unpriced) and key not in decision.panicking:
            return Mode.MANUAL
        return decision.modes.get(*key)

    def _ideal(self, pside: Pside, account: Account) -> list[str]:
        side, approved = self.rules.side(pside), self._coins.approved[pside]
        if is_forager(side, len(approved)) and not self._candles.warm(pside):
            return []
        return ideal_coins(
            side,
            approved,
            old_enough=self.old_enough,
            affordable=lambda symbol: self._affordable(symbol, pside, account),
            emas=self._candles.averages.known,
        )

    def choice(self, pside: Pside, account: Account) -> Choice:
        """Return what a side chooses from now, and what is known of each coin; for who asks why."""
        return choice_of(
            self.rules.side(pside),
            self._coins.approved[pside],
            old_enough=self.old_enough,
            affordable=lambda symbol: self._affordable(symbol, pside, account),
            emas=self._candles.averages.known,
        )

    def _affordable(self, symbol: str, pside: Pside, account: Account) -> bool:
        coins = self._coins
        market, price = coins.markets[symbol], account.price(symbol)
        return affordable(self.rules, coins.coin_of(symbol), pside, market, price, account.snapped)

    def _candidates_of(self, pside: Pside) -> list[str]:
        """Return the coins a side may choose from: where it has to choose, young ones don't count (live.md 11.1)."""
        approved = self._coins.approved[pside]
        if not is_forager(self.rules.side(pside), len(approved)):
            return list(approved)
        return [symbol for symbol in approved if self.old_enough(symbol)]

    def old_enough(self, symbol: str) -> bool:
        """Tell whether a coin's age is known to suffice where a side chooses among coins."""
        return self._ages.old_enough(self._coins.markets[symbol], self.rules.live.minimum_coin_age_days)

    def _table(
        self, account: Account, ideal: Mapping[Pside, list[str]], hand: Mapping[Pside, Mapping[str, Mode]]
    ) -> ModeTable:
        held = {pside: {s for s, side in account.positions if side == pside} for pside in PSIDES}
        ordered = sorted({order.symbol for order in account.own_orders()})
        facts: dict[Pside, SideFacts] = {}
        for pside in PSIDES:
            side = self.rules.side(pside)
            facts[pside] = SideFacts(
                forced_all=side.forced,
                forced=self._forced_coins(pside),
                hand=hand[pside],
                ideal=ideal[pside],
                held=held[pside],
                ordered=ordered,
                held_other_side=held["short" if pside == "long" else "long"],
                ineligible={s: reason for s in held[pside] if (reason := self._coins.reason(s))},
                max_positions=side.max_positions(len(self._coins.approved[pside])),
            )
        # A venue that can hold both sides leaves one-way trading to the engine, as a backtest does: a slot stays taken.
        return mode_table(facts, stop=self.rules.stop_mode, hedge=self._exchange.capabilities.hedge_mode)

    def _forced(self, state: BotState) -> set[Key]:
        """Return the sides whose mode was set by the operator, for the coin or for the whole side."""
        found: set[Key] = set(state.hand_modes)
        for pside in PSIDES:
            found.update((symbol, pside) for symbol in self._forced_coins(pside))
            if self.rules.side(pside).forced is not None:
                found.update((symbol, pside) for symbol in self._coins.approved[pside])
        return found

    def _forced_coins(self, pside: Pside) -> dict[str, Mode]:
        """Return the modes of coins that have an override entry (live.md 10.2)."""
        found: dict[str, Mode] = {}
        for coin in self.rules.config.coin_overrides:
            symbol = self._coins.symbol_of(coin)
            if symbol is None:
                continue
            mode = self.rules.coin(coin, pside).forced
            if mode is None and self._coins.reason(symbol) == "not active":
                mode = Mode.TP_ONLY
            if mode is not None:
                found[symbol] = mode
        return found

    def _inputs(self, account: Account, modes: ModeTable) -> tuple[list[SymbolInput], tuple[str, ...]]:
        inputs: list[SymbolInput] = []
        unpriced: list[str] = []
        held = account.positions
        now, stepped = self._exchange.now_ms(), self._exchange.capabilities.stepped
        for symbol in modes.symbols:
            market, price = self._coins.markets.get(symbol), account.price(symbol)
            fresh = stepped or price is None or now - account.tickers[symbol].ts_ms <= PRICE_TOO_OLD_MS
            usable = price is not None and fresh
            if not usable:
                unpriced.append(symbol)
                # Nothing is done about such a coin, but what is held of it still counts against the limits.
                price = next(
                    (account.position(symbol, pside).price for pside in PSIDES if (symbol, pside) in held), None
                )
            if market is None or price is None:
                continue
            inputs.append(
                SymbolInput(
                    symbol=symbol,
                    coin=market.coin,
                    market=market,
                    price=price,
                    emas=self._candles.averages.emas(symbol) if usable else None,
                    modes={pside: modes.get(symbol, pside) if usable else Mode.MANUAL for pside in PSIDES},
                    trailing={pside: self._trailing.bundle((symbol, pside)) for pside in PSIDES},
                )
            )
        return inputs, tuple(unpriced)


def _by_symbol(account: Account) -> dict[str, list[OpenOrder]]:
    found: dict[str, list[OpenOrder]] = {}
    for order in account.own_orders():
        found.setdefault(order.symbol, []).append(order)
    return found
