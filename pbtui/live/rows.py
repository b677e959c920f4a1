"""The rows of a snapshot: positions, orders, modes, exposure; numbers to look at, never to trade on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache

from pbtui.core.ids import order_type_of
from pbtui.core.snapshot import Exposure, ModeRow, OrderRow, OrderState, PositionRow
from pbtui.core.types import FLAT, PSIDES, Market, Mode, Pside, pside_sign
from pbtui.engine import IdealOrder
from pbtui.engine.execution import ExecutableOrder
from pbtui.engine.numerics import pnl, wallet_exposure
from pbtui.live.account import Account
from pbtui.live.decide import Decision
from pbtui.live.flags import order_flags, trailing_flag
from pbtui.live.keys import Key, is_entry
from pbtui.live.reconcile import Diff, distance
from pbtui.live.rules import Rules
from pbtui.live.store import HandMode

STOPS: dict[Mode, str] = {
    Mode.NORMAL: "",
    Mode.GRACEFUL_STOP: "new positions",
    Mode.TP_ONLY: "entries",
    Mode.MANUAL: "entries+closes",
    Mode.PANIC: "entries",
}


@lru_cache(maxsize=1_024)
def decimals(step: float) -> int:
    """Return how many decimals a multiple of `step` has."""
    if not 0.0 < step < 1.0:
        return 0
    exponent = Decimal(repr(step)).normalize().as_tuple().exponent
    return min(12, -exponent) if isinstance(exponent, int) else 0


class RowMaker:
    """Builds the rows of one snapshot from one turn's account and decision."""

    def __init__(
        self,
        rules: Rules,
        account: Account,
        markets: Mapping[str, Market],
        decision: Decision,
        hand: Mapping[Key, HandMode],
        bundle: Callable[[Key], Mapping[str, float]],
    ) -> None:
        self._rules = rules
        self._account = account
        self._markets = markets
        self._decision = decision
        self._hand = hand
        self._bundle = bundle
        self._blocks = {(block.symbol, block.pside) for block in decision.plan.ideal.loss_gate_blocks}

    def upnl(self) -> float:
        """Return the unrealised profit of all positions, in quote."""
        return sum(self._upnl(key) for key in self._account.positions)

    def exposure(self) -> tuple[Exposure, ...]:
        """Return both sides' exposure against their limits."""
        rows: list[Exposure] = []
        for pside in PSIDES:
            held = [key for key in self._account.positions if key[1] == pside]
            side = self._rules.side(pside)
            value = sum(self._we(key) for key in held)
            rows.append(
                Exposure(pside, value, max(0.0, side.twel) if side.enabled else 0.0, len(held), side.n_positions)
            )
        return tuple(rows)

    def positions(self) -> tuple[PositionRow, ...]:
        """Return one row per coin and side with a position, an own order or a slot."""
        ordered: set[Key] = {(order.symbol, order.pside) for order in self._account.own_orders()}
        slots: set[Key] = {
            key
            for key, mode in self._decision.modes.modes.items()
            if mode is Mode.NORMAL and self._rules.side(key[1]).enabled
        }
        keys = {*self._account.positions, *ordered, *slots}
        resting = Counter((order.symbol, order.pside) for order in self._account.orders)
        return tuple(self._position(key, slot=key in slots, n_orders=resting[key]) for key in sorted(keys))

    def orders(self, diff: Diff) -> tuple[OrderRow, ...]:
        """Return what rests and what would change, nearest to the market first per symbol."""
        leaving = {order.id for order in diff.cancels}
        rows: list[OrderRow] = []
        for order in self._account.orders:
            name = order_type_of(order.client_id)
            state: OrderState = "foreign" if name is None else "cancel" if order.id in leaving else "open"
            sign = 1.0 if order.side == "buy" else -1.0
            rows.append(
                self._order(
                    order.symbol, order.pside, sign * order.qty, order.price, name or "foreign", order.id, state,
                    order.created_ms,
                )
            )  # fmt: skip
        rows += [self._wanted(order) for order in diff.creates]
        rows.sort(key=lambda row: (row.symbol, row.dist))
        return tuple(rows)

    def modes(self) -> tuple[ModeRow, ...]:
        """Return the mode matrix of all active coins."""
        return tuple(self._mode(key) for key in sorted(self._decision.modes.modes))

    def _upnl(self, key: Key) -> float:
        held, market, price = self._account.positions[key], self._markets.get(key[0]), self._account.price(key[0])
        if market is None or price is None:
            return 0.0
        return pnl(key[1], held.price, price, held.size, market.c_mult)

    def _we(self, key: Key) -> float:
        held, market = self._account.positions.get(key, FLAT), self._markets.get(key[0])
        return wallet_exposure(market.c_mult, self._account.raw, held.size, held.price) if market else 0.0

    def _position(self, key: Key, *, slot: bool, n_orders: int) -> PositionRow:
        symbol, pside = key
        market = self._markets.get(symbol)
        held = self._account.positions.get(key, FLAT)
        mark = self._account.price(symbol) or 0.0
        coin = market.coin if market else symbol.split("/", 1)[0]
        kind, price, dist = self._next(key, mark)
        mode = self._decision.modes.get(symbol, pside)
        off = held.size != 0.0 and not self._rules.side(pside).enabled
        return PositionRow(
            symbol=symbol,
            coin=coin,
            pside=pside,
            mode=mode.value,
            hand_mode=key in self._hand,
            size=held.size,
            entry=held.price,
            mark=mark,
            dist=pside_sign(pside) * (mark / held.price - 1.0) if held.price > 0 and mark > 0 else 0.0,
            upnl=self._upnl(key) if key in self._account.positions else 0.0,
            we=self._we(key),
            we_limit=self._rules.coin(coin, pside).allowed_limit,
            next_kind=kind,
            next_price=price,
            next_dist=dist,
            flags=self._flags(key, off=off),
            n_orders=n_orders,
            price_decimals=decimals(market.price_step) if market else 2,
            qty_decimals=decimals(market.qty_step) if market else 4,
            slot=slot,
            danger=off and mode is not Mode.PANIC,
        )

    def _next(self, key: Key, mark: float) -> tuple[str, float, float]:
        """Return type, price and distance of the nearest wanted entry, else of unstuck or close."""
        symbol, pside = key
        found = [order for order in self._decision.plan.ideal.orders.get(symbol, ()) if order.pside == pside]
        if not found or mark <= 0:
            return "", 0.0, 0.0
        entries = [order for order in found if is_entry(order.order_type)]
        unstuck = [order for order in found if "unstuck" in order.order_type]
        nearest = min(entries or unstuck or found, key=lambda order: abs(_ideal_distance(order, mark)))
        return nearest.order_type, nearest.price, nearest.price / mark - 1.0

    def _flags(self, key: Key, *, off: bool) -> tuple[str, ...]:
        symbol, pside = key
        types = {order.order_type for order in self._decision.plan.ideal.orders.get(symbol, ()) if order.pside == pside}
        flags = order_flags(types)
        market = self._markets.get(symbol)
        held = self._account.positions.get(key, FLAT)
        if market is not None and held.size != 0.0:
            trailing = trailing_flag(self._rules.coin(market.coin, pside), self._bundle(key), held, pside)
            if trailing or any("trailing" in name for name in types):
                flags.append(trailing or "trailing")
        if key in self._blocks:
            flags.append("lossgate")
        if key in self._decision.plan.waiting:
            flags.append("no averages")
        if symbol in self._decision.unpriced:
            flags.append("no price")
        if off:
            flags.append("off")
        return tuple(flags)

    def _wanted(self, order: ExecutableOrder) -> OrderRow:
        sign = 1.0 if order.side == "buy" else -1.0
        return self._order(order.symbol, order.pside, sign * order.qty, order.price, order.order_type, "", "create", 0)

    def _order(
        self, symbol: str, pside: Pside, qty: float, price: float, kind: str, name: str, state: OrderState, made: int
    ) -> OrderRow:
        market = self._markets.get(symbol)
        side = "buy" if qty > 0 else "sell"
        return OrderRow(
            symbol=symbol,
            coin=market.coin if market else symbol.split("/", 1)[0],
            pside=pside,
            side=side,
            kind=kind,
            price=price,
            qty=qty,
            dist=max(0.0, distance(side, price, self._account.price(symbol))),
            created_ms=made,
            id=name,
            state=state,
            price_decimals=decimals(market.price_step) if market else 2,
            qty_decimals=decimals(market.qty_step) if market else 4,
        )

    def _mode(self, key: Key) -> ModeRow:
        symbol, pside = key
        effective, hand = self._decision.modes.get(symbol, pside), self._hand.get(key)
        market = self._markets.get(symbol)
        return ModeRow(
            symbol=symbol,
            coin=market.coin if market else symbol.split("/", 1)[0],
            pside=pside,
            configured=self._decision.configured.get(symbol, pside).value,
            effective=effective.value,
            hand=hand.mode.value if hand else "",
            set_by=hand.by if hand else "config",
            set_ms=hand.set_ms if hand else 0,
            stops=STOPS[effective],
        )


def _ideal_distance(order: IdealOrder, mark: float) -> float:
    return distance("buy" if order.qty > 0 else "sell", order.price, mark)
