"""What keeps the same order from being sent twice (live.md 19.2, 30.4, 30.6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from pbtui.core.ids import client_order_id
from pbtui.core.types import Fill, OpenOrder, OrderRequest, Pside, Side
from pbtui.engine.execution import ExecutableOrder
from pbtui.exchange.port import OrderFate
from pbtui.live.account import Account
from pbtui.live.fills import FillBook
from pbtui.live.keys import is_entry
from pbtui.live.reconcile import similar

RECENT_MS = 15_000
PRICE_NEAR = 0.002
QTY_NEAR = 0.01
DOUBT_READS = 2
DOUBT_ASKS = 20  # so often a venue that does not answer is asked what became of an order, before reads alone count
LATE_MARGIN_MS = 2_000  # clocks differ, and what was just taken may not be told yet
BURNT_KEPT = 1_000
BACKOFF_FIRST_MS = 20_000
BACKOFF_MOST_MS = 900_000
TRIES_PER_MINUTE = 3
MINUTE_MS = 60_000
SENT_LATELY = "a like order was sent lately"
Intent = tuple[str, Pside, str]  # symbol, side, order type
Told = OrderFate | Literal["unanswered", "unasked"]  # what is known of an order in doubt


@dataclass(frozen=True, slots=True)
class Mark:
    """The likeness of an order: enough to recognise one that means the same."""

    symbol: str
    side: Side
    pside: Pside
    qty: float
    price: float

    def resembles(self, order: ExecutableOrder | OrderRequest) -> bool:
        """Tell whether an order about to be sent means the same; relative to the new order."""
        return (
            self.symbol == order.symbol
            and self.side == order.side
            and self.pside == order.pside
            and similar(self.qty, order.qty, QTY_NEAR)
            and similar(self.price, order.price, PRICE_NEAR)
        )


def mark_of(order: OpenOrder | OrderRequest | Fill) -> Mark:
    """Return the likeness of an order or fill."""
    return Mark(order.symbol, order.side, order.pside, abs(order.qty), order.price)


@dataclass(slots=True)
class _Doubt:
    request: OrderRequest
    id_used: bool
    late_until_ms: int  # until then it may still come
    reads_left: int = DOUBT_READS
    asks_left: int = DOUBT_ASKS

    @property
    def mark(self) -> Mark:
        return mark_of(self.request)


@dataclass(slots=True)
class _Refused:
    mark: Mark
    at_ms: int
    wait_ms: int


class Guards:
    """Memory of this process, and beside it what open orders and fills tell about the last 15 seconds.

    The latter survives a restart. A stepped market has reads that are never late and must go on the same after a
    restart: no time guard there, and a refused order is tried again with the next minute.
    """

    def __init__(
        self, account_name: str, fills: FillBook, *, stepped: bool, id_length: int = 36, late_ms: int = 0
    ) -> None:
        """`late_ms` is how long after it was sent a venue may still take an order."""
        self._account_name = account_name
        self._fills = fills
        self._recent_ms = 0 if stepped else RECENT_MS
        self._longest_ms = BACKOFF_FIRST_MS if stepped else BACKOFF_MOST_MS
        self._id_length = id_length
        self._late_ms = _surely_late_ms(late_ms)
        self._sent: list[tuple[int, Mark]] = []
        self._doubts: dict[str, _Doubt] = {}
        self._refused: dict[Intent, list[_Refused]] = {}
        self._burnt: set[str] = set()

    def why_not(self, order: ExecutableOrder, account: Account, now_ms: int) -> str:
        """Return why an order must not be sent now, "" when it may."""
        refused = self._refused.get((order.symbol, order.pside, order.order_type), ())
        if any(old.mark.resembles(order) and now_ms < old.at_ms + old.wait_ms for old in refused):
            return "refused lately"
        if sum(now_ms - old.at_ms < MINUTE_MS for old in refused) >= TRIES_PER_MINUTE:
            return "its kind was refused too often this minute"
        if any(self._may_be(doubt, order) for doubt in self._doubts.values()):
            return "a like order may exist: waiting to see it"
        # A panic's limit order follows the price as fast as it can; its market order may be on its way already.
        hurried = order.order_type.startswith("close_panic") and order.kind == "limit"
        if not hurried and any(mark.resembles(order) for mark in self._recent(account, now_ms)):
            return SENT_LATELY
        return ""

    def client_id(self, order: ExecutableOrder, taken: Iterable[str]) -> str:
        """Return the order's deterministic id: the first one that no open order or remembered fill has used."""
        used = set(taken)
        nth = 0
        while True:
            name = client_order_id(
                account=self._account_name,
                symbol=order.symbol,
                pside=order.pside,
                side=order.side,
                order_type=order.order_type,
                qty=order.qty,
                price=order.price,
                nth=nth,
            )[: self._id_length]
            if name not in used and name not in self._burnt and not self._fills.filled(name):
                return name
            nth += 1

    def sent(self, request: OrderRequest, now_ms: int) -> None:
        """Note an order before it is sent."""
        if self._recent_ms > 0:
            self._sent.append((now_ms, mark_of(request)))

    def accepted(self, request: OrderRequest) -> None:
        """Note that the venue took an order: refusals of its like are over."""
        intent: Intent = (request.symbol, request.pside, request.order_type)
        left = [old for old in self._refused.get(intent, ()) if not old.mark.resembles(request)]
        if left:
            self._refused[intent] = left
        else:
            self._refused.pop(intent, None)

    def doubtful(self, request: OrderRequest, now_ms: int, *, id_used: bool = False, late_ms: int = 0) -> None:
        """Note an order that may or may not exist: nothing like it is sent until reads have told.

        As long as it may still come, its absence tells nothing. A panic does not wait for that: no venue closes more
        than is held. `id_used`: the venue knows the id; if the order is nowhere to be seen, the next try takes another.
        `late_ms`: how late it may come, where another process has sent it.
        """
        hurried = id_used or request.order_type.startswith("close_panic")
        late_until_ms = 0 if hurried else now_ms + max(self._late_ms, _surely_late_ms(late_ms))
        self._doubts[request.client_id] = _Doubt(request, id_used, late_until_ms)

    def refused(self, request: OrderRequest, now_ms: int) -> int:
        """Note a permanent refusal; return for how many ms this intent now waits, longer each time."""
        intent: Intent = (request.symbol, request.pside, request.order_type)
        known = [old for old in self._refused.get(intent, ()) if now_ms - old.at_ms < 2 * BACKOFF_MOST_MS]
        before = next((old for old in known if old.mark.resembles(request)), None)
        # A position that must go is tried again soon, whatever was refused: a market without buyers comes back.
        longest = BACKOFF_FIRST_MS if request.order_type.startswith("close_panic") else self._longest_ms
        wait = BACKOFF_FIRST_MS if before is None else min(longest, before.wait_ms * 2)
        self._refused[intent] = [*(old for old in known if old is not before), _Refused(mark_of(request), now_ms, wait)]
        return wait

    def forgive(self, symbol: str) -> None:
        """Forget what was refused of a coin: its limits were wrong, and are known now."""
        for intent in [intent for intent in self._refused if intent[0] == symbol]:
            del self._refused[intent]

    def in_doubt(self) -> list[OrderRequest]:
        """Return the orders that may or may not exist."""
        return [doubt.request for doubt in self._doubts.values()]

    def open_doubts(self, account: Account) -> list[tuple[str, str]]:
        """Return symbol and id of the orders that what was just read says nothing of."""
        seen = {order.client_id for order in account.orders}
        return [
            (doubt.request.symbol, name)
            for name, doubt in self._doubts.items()
            if name not in seen and not self._fills.filled(name)
        ]

    def late_s(self, account: Account, now_ms: int) -> float:
        """Return for how many seconds an order in doubt may still arrive, 0 where none can."""
        unseen = {name for _, name in self.open_doubts(account)}
        until = max((self._doubts[name].late_until_ms for name in unseen), default=0)
        return max(0.0, (until - now_ms) / 1000.0)

    def after_read(self, account: Account, now_ms: int, fates: Mapping[str, Told] | None = None) -> list[str]:
        """Settle doubts with what was just read, and with what the venue said of single orders (`fates`).

        Returns ids that turned out never to have arrived. An order that the venue knows, though no reading shows it,
        is waited for; one that has ended leaves its id burnt, as the venue would not take it again. One that it does
        not know never arrived, once it is too late for it to arrive.
        """
        told = fates or {}
        seen = {order.client_id for order in account.orders}
        lost: list[str] = []
        for name, doubt in list(self._doubts.items()):
            if name in seen or self._fills.filled(name):
                del self._doubts[name]
                continue
            fate = told.get(name)
            # Before it is too late for this one to come, the venue may speak of an earlier order of that name.
            if fate == "done" and now_ms >= doubt.late_until_ms:
                del self._doubts[name]
                self._burnt.add(name)
                continue
            if fate in ("resting", "unanswered") and doubt.asks_left > 0:
                doubt.asks_left -= 1
                continue
            if fate == "unasked" or now_ms < doubt.late_until_ms:
                continue
            doubt.reads_left -= 1
            if doubt.reads_left <= 0:
                del self._doubts[name]
                lost.append(name)
                if doubt.id_used:
                    self._burnt.add(name)
        if len(self._burnt) > BURNT_KEPT:
            self._burnt.clear()
        self._sent = [(at, mark) for at, mark in self._sent if 0 <= now_ms - at < self._recent_ms]
        return lost

    def _may_be(self, doubt: _Doubt, order: ExecutableOrder) -> bool:
        """Tell whether an order in doubt may be this one, or an entry that would come on top of it."""
        beside = is_entry(order.order_type) and not doubt.request.reduce_only
        same_side = (doubt.request.symbol, doubt.request.pside) == (order.symbol, order.pside)
        return (beside and same_side) or doubt.mark.resembles(order)

    def doubtful_closes(self) -> list[Mark]:
        """Return the closes that may or may not rest on the venue."""
        return [doubt.mark for doubt in self._doubts.values() if doubt.request.reduce_only]

    def waiting(self, now_ms: int) -> list[Intent]:
        """Return the intents that wait after a refusal."""
        return [
            intent
            for intent, refused in self._refused.items()
            if any(now_ms < old.at_ms + old.wait_ms for old in refused)
        ]

    def _recent(self, account: Account, now_ms: int) -> list[Mark]:
        if self._recent_ms <= 0:
            return []
        start = now_ms - self._recent_ms
        marks = [mark for at, mark in self._sent if at > start]
        marks += [mark_of(order) for order in account.own_orders() if order.created_ms > start]
        marks += [mark_of(fill) for fill in self._fills.since(start)]
        return marks


def _surely_late_ms(late_ms: int) -> int:
    return late_ms + LATE_MARGIN_MS if late_ms > 0 else 0
