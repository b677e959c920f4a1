"""Sending a difference to the venue: cancels first, batches, guards, and what each answer means (live.md 19)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from pbtui.core.amounts import plain
from pbtui.core.errors import (
    ExchangeError,
    OrderGone,
    OrderRejected,
    OutcomeUnknown,
    RateLimited,
    UnreadableAnswer,
    VenueUnreachable,
)
from pbtui.core.types import OpenOrder, OrderRequest
from pbtui.engine.execution import ExecutableOrder
from pbtui.exchange.port import CreateResult, Exchange
from pbtui.live.account import Account, reduces
from pbtui.live.calls import Calls
from pbtui.live.events import DEBUG, INFO, EventLog
from pbtui.live.guards import Guards, Mark, mark_of
from pbtui.live.keys import Key, is_entry
from pbtui.live.observe import Observer
from pbtui.live.reactions import refusal_line, refusal_of
from pbtui.live.reconcile import Diff, cancel_batch
from pbtui.live.underway import UnderWay

LEAST_BALANCE = 1.0  # below it nothing is created (live.md 3.2)
TOLD_ORDERS = 4
ROOM_NOISE = 1e-9


@dataclass(frozen=True, slots=True)
class Batch:
    """Limits of one cycle."""

    cancels: int
    creates: int
    post_only: bool


@dataclass(slots=True)
class Sent:
    """What one cycle did; `left` counts what has to wait for the next."""

    created: int = 0
    cancelled: int = 0
    rejected: int = 0
    left: int = 0
    market_orders: int = 0
    errors: list[ExchangeError] = field(default_factory=list)
    limits_refused: bool = False  # an order was refused as if the market's limits were not what we believe


class Executor:
    """Sends cancels, then creates, and tells observer and guards what to expect."""

    def __init__(
        self,
        exchange: Exchange,
        calls: Calls,
        events: EventLog,
        observer: Observer,
        guards: Guards,
        under_way: UnderWay,
    ) -> None:
        self._exchange = exchange
        self._calls = calls
        self._events = events
        self._observer = observer
        self._guards = guards
        self._under_way = under_way

    async def send(
        self,
        diff: Diff,
        batch: Batch,
        *,
        urgent: frozenset[tuple[str, str]] = frozenset(),
        current: Callable[[], bool] = lambda: True,
    ) -> Sent:
        """Send a difference within the batch limits; sides in `urgent` (panics) are never held back by them.

        Nothing but panics is created once the plan is no longer `current`: cancels may have taken long.
        Failures are in the result, never raised: half a batch may be out and the rest of the loop must know.
        """
        sent = Sent()
        now = self._exchange.now_ms()
        hurried = [order for order in diff.cancels if (order.symbol, order.pside) in urgent]
        others = [order for order in diff.cancels if (order.symbol, order.pside) not in urgent]
        cancels = [*hurried, *cancel_batch(others, batch.cancels)]
        touched = await self._cancel(cancels, sent)
        account = self._observer.account
        if any(isinstance(error, RateLimited) for error in sent.errors):
            sent.left = len(diff.cancels) - len(cancels) + len(diff.creates)
            return sent
        # Old entries that are still to be cancelled may fill beside new ones: together they could exceed the limits.
        sent_ids = {order.id for order in cancels}
        crowded = {order.pside for order in others if order.id not in sent_ids and not reduces(order)}
        creates = [o for o in diff.creates if not (is_entry(o.order_type) and o.pside in crowded)]
        leaving: dict[str, list[Mark]] = {}
        for old in diff.cancels:
            leaving.setdefault(old.symbol, []).append(mark_of(old))
        creates = [o for o in creates if self._may_create(o, leaving.get(o.symbol, ()), touched, account, now)]
        if not current():
            creates = [order for order in creates if order.order_type.startswith("close_panic")]
        creates = self._within_positions(creates, account)
        now_first = [order for order in creates if (order.symbol, order.pside) in urgent]
        rest = [order for order in creates if (order.symbol, order.pside) not in urgent]
        chosen = [*now_first, *rest[: max(0, batch.creates)]]
        await self._create(chosen, batch, account, sent)
        sent.left = len(diff.cancels) - len(cancels) + len(diff.creates) - len(chosen)
        return sent

    async def cancel_all(self, orders: Sequence[OpenOrder]) -> Sent:
        """Cancel orders without batch limits: for an ordered stop."""
        sent = Sent()
        await self._cancel(list(orders), sent)
        return sent

    async def _cancel(self, orders: list[OpenOrder], sent: Sent) -> set[str]:
        """Cancel; return the symbols whose state is not what it was believed to be."""
        if not orders:
            return set()
        touched: set[str] = set()
        try:
            call = self._exchange.cancel_orders(orders)
            results = await self._calls.run(f"cancel {len(orders)}", call)
        except ExchangeError as error:
            self._events.error("cancel", error.line())
            sent.errors.append(error)
            return {order.symbol for order in orders}
        gone: list[str] = []
        for result in results:
            order, error = result.order, result.error
            if error is None:
                gone.append(order.id)
                sent.cancelled += 1
                continue
            touched.add(order.symbol)
            if isinstance(error, OrderGone):
                self._events.info("cancel", error.line(), coin=order.symbol)
            else:
                self._events.error("cancel", error.line(), coin=order.symbol)
                sent.errors.append(error)
        self._observer.expect_gone(gone)
        account = self._observer.account
        account.orders = [order for order in account.orders if order.id not in gone]
        done = [result.order for result in results if result.error is None]
        self._tell("cancelled", [(order.side, order.qty, order.price, order.symbol) for order in done])
        return touched

    def _may_create(
        self, order: ExecutableOrder, leaving: Iterable[Mark], touched: set[str], account: Account, now: int
    ) -> bool:
        """Tell whether an order may be sent; `leaving` are the marks of its symbol's orders to be cancelled."""
        # Nothing but its own guards holds a panic back: not dust on the account, nor a cancel that failed.
        panic = order.order_type.startswith("close_panic")
        if account.raw < LEAST_BALANCE and not panic:
            self._events.warn_rarely("no balance", "order", f"balance {plain(account.raw)}: no orders are created")
            return False
        if order.symbol in touched and not panic:
            return False
        # A like order that is being cancelled may still fill: wait until it is seen to be gone.
        if not panic and any(mark.resembles(order) for mark in leaving):
            return False
        why = self._guards.why_not(order, account, now)
        if why and self._events.wants(DEBUG):
            self._events.debug(
                "order", f"held back, {why}: {order.order_type} {plain(order.qty)} at {plain(order.price)}"
            )
        return not why

    def _within_positions(self, creates: list[ExecutableOrder], account: Account) -> list[ExecutableOrder]:
        """Hold closes back that would exceed the position together with those that rest or may rest already."""
        room: dict[Key, float] = {key: abs(held.size) for key, held in account.positions.items()}
        for mark in [*(mark_of(o) for o in account.own_orders() if reduces(o)), *self._guards.doubtful_closes()]:
            key: Key = (mark.symbol, mark.pside)
            room[key] = room.get(key, 0.0) - mark.qty
        allowed: list[ExecutableOrder] = []
        for order in creates:
            if order.reduce_only and not order.order_type.startswith("close_panic"):
                key = (order.symbol, order.pside)
                if order.qty > room.get(key, 0.0) * (1 + ROOM_NOISE) + ROOM_NOISE:
                    continue
                room[key] = room[key] - order.qty
            allowed.append(order)
        return allowed

    async def _create(self, orders: list[ExecutableOrder], batch: Batch, account: Account, sent: Sent) -> None:
        requests = self._put_on_disk(self._requests(orders, batch, account))
        if not requests:
            return
        now = self._exchange.now_ms()
        for request in requests:
            self._guards.sent(request, now)
        try:
            results = await self._calls.run(f"create {len(requests)}", self._exchange.create_orders(requests))
        except ExchangeError as error:
            # The whole call failed: each of its orders may be out there.
            results = [CreateResult(request, error=error) for request in requests]
        accepted: list[OrderRequest] = []
        for result in results:
            if result.error is None:
                accepted.append(result.request)
                self._guards.accepted(result.request)
                if result.order is not None and result.order.qty > 0:
                    account.orders.append(result.order)
            else:
                self._note_failure(result.request, result.error, sent)
        self._under_way.keep(self._guards.in_doubt(), durable=False)
        sent.created += len(accepted)
        sent.market_orders += sum(request.kind == "market" for request in accepted)
        self._tell("created", [(r.side, r.qty, r.price, r.symbol) for r in accepted])

    def _put_on_disk(self, requests: list[OrderRequest]) -> list[OrderRequest]:
        """Write down what is about to be sent; where that fails only what reduces may go out."""
        trouble = self._under_way.keep([*self._guards.in_doubt(), *requests], durable=True) if requests else ""
        if not trouble:
            return requests
        self._events.warn_rarely("under way", "order", f"entries wait: {trouble}")
        return [request for request in requests if request.reduce_only]

    def _requests(self, orders: list[ExecutableOrder], batch: Batch, account: Account) -> list[OrderRequest]:
        taken = {order.client_id for order in account.orders}
        requests: list[OrderRequest] = []
        for order in orders:
            name = self._guards.client_id(order, taken)
            taken.add(name)
            panic = order.order_type.startswith("close_panic")
            requests.append(
                OrderRequest(
                    symbol=order.symbol,
                    side=order.side,
                    pside=order.pside,
                    qty=order.qty,
                    price=order.price,
                    reduce_only=order.reduce_only,
                    kind=order.kind,
                    client_id=name,
                    order_type=order.order_type,
                    post_only=batch.post_only and order.kind == "limit" and not panic,
                )
            )
        return requests

    def _note_failure(self, request: OrderRequest, error: ExchangeError, sent: Sent) -> None:
        now = self._exchange.now_ms()
        if isinstance(error, OrderRejected) and error.reason == "duplicate_client_id":
            # It rests already, whatever the last reading said.
            self._guards.doubtful(request, now, id_used=True)
            self._events.warn("order", error.line(), coin=request.symbol)
            return
        if isinstance(error, OrderRejected):
            wait_ms = self._guards.refused(request, now)
            sent.rejected += 1
            sent.limits_refused = sent.limits_refused or refusal_of(error).limits
            text = f"{refusal_line(error)}; next try in {wait_ms // 1000} s"
            self._events.error("order", text, coin=request.symbol)
            return
        if isinstance(error, (OutcomeUnknown, VenueUnreachable, UnreadableAnswer)):
            self._guards.doubtful(request, now)
        elif isinstance(error, RateLimited):
            self._events.debug("rate", error.line())
        sent.errors.append(error)
        self._events.error("order", error.line(), coin=request.symbol)

    def _tell(self, done: str, orders: list[tuple[str, float, float, str]]) -> None:
        """One line per symbol, at most four orders each."""
        if not orders or not self._events.wants(INFO):
            return
        by_symbol: dict[str, list[str]] = {}
        for side, qty, price, symbol in orders:
            by_symbol.setdefault(symbol, []).append(f"{side} {plain(qty)} @ {plain(price)}")
        for symbol, texts in by_symbol.items():
            more = f" and {len(texts) - TOLD_ORDERS} more" if len(texts) > TOLD_ORDERS else ""
            self._events.info("order", f"{done} {', '.join(texts[:TOLD_ORDERS])}{more}", coin=symbol)
