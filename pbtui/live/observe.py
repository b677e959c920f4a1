"""Reading the account so that a bad answer never looks like a flat account (live.md 30.3)."""

from __future__ import annotations

import asyncio
import math
from collections import defaultdict
from collections.abc import Coroutine, Iterable
from dataclasses import replace
from typing import Any, TypeVar

from pbtui.core.errors import DataError, UnreadableAnswer, VenueUnreachable
from pbtui.core.types import Balance, Fill, Mode, OpenOrder, Position
from pbtui.engine.numerics import hysteresis
from pbtui.exchange.port import Exchange, HeldPosition, KeepsFills
from pbtui.live.account import Account, reduces
from pbtui.live.calls import Calls
from pbtui.live.fills import FillBook
from pbtui.live.keys import Key
from pbtui.live.store import RunStore

A = TypeVar("A")
B = TypeVar("B")
SUSPICIOUS_MOVE = 0.1  # a balance that moves by more than this without a fill needs a second reading
NOISE = 1e-6  # share of a quantity that sums of executions may be off
EMPTY_ANSWERS = 3  # an order list without anything, though orders rest, is a usual way for venues to fail


class Observer:
    """Reads balance, positions, orders and fills into one `Account`.

    Positions, orders and balance that vanish without a fill or a cancel of ours to explain it stay believed until a
    second reading in a row agrees (a third one if no order at all is left); meanwhile `account.doubts` blocks entries.
    The first look at an account is two readings.
    """

    def __init__(
        self, exchange: Exchange, calls: Calls, store: RunStore, fills: FillBook, *, first_fill_ms: int
    ) -> None:
        self.account = Account()
        self._exchange = exchange
        self._calls = calls
        self._store = store
        self._fills = fills
        self._first_fill_ms = first_fill_ms
        self._stepped = exchange.capabilities.stepped
        self._lacking: list[str] = []  # what was not told in this reading
        self._missed_positions: frozenset[Key] = frozenset()
        self._odd_balance: float | None = None
        self._cancelled: set[str] = set()
        self._left: dict[str, float] = {}  # what the executions told so far leave of each order
        self._empty_answers = 0
        self._knows_the_past = False
        self.mended = ""  # what another process changed in the kept fills since the last reading, in words

    def expect_gone(self, order_ids: Iterable[str]) -> None:
        """Note orders that were cancelled by us: their absence needs no second reading."""
        self._cancelled.update(order_ids)

    async def read(self, *, hysteresis_pct: float, balance_override: float | None) -> list[Fill]:
        """Read everything and return the new fills; raises ExchangeError, the account then stays as it was.

        While something panics it does without balance and fills that are not told: positions are enough to close.
        """
        self._lacking.clear()
        balance, held = await self._money()
        orders, fills = await self._orders_and_fills()
        first_reading = not self.account.read
        if not self._knows_the_past and isinstance(self._exchange, KeepsFills):
            # The peak of the profit counts all that is kept, so that a restarted bot knows what a running one does.
            self._fills.take(self._exchange.fills_before(self._first_fill_ms))
            self._knows_the_past = True
        fresh = self._fills.take(fills)
        self._take_mended()
        if fresh and not first_reading and not self._stepped:
            # The positions were read before these fills were known: read them again (live.md 6).
            balance, held = await self._money()
        doubts = [*dict.fromkeys(self._lacking)]
        if first_reading and not self._stepped:
            held, orders = await self._look_again(held, orders, doubts)
        self._take_positions(held, fresh, doubts)
        self._take_orders(orders, fresh, doubts)
        self._take_balance(balance, fresh, hysteresis_pct, balance_override, doubts)
        self._store.catch_up()
        if self._store.trouble:
            doubts.append(self._store.trouble)
        self.account.doubts = tuple(doubts)
        self.account.read = True
        return fresh

    def _take_mended(self) -> None:
        """Count fills anew where a command has added, changed or dropped some of them beside the bot."""
        kept = self._exchange.fills_mended() if isinstance(self._exchange, KeepsFills) else None
        self.mended = ""
        if kept is None:
            return
        fills, before = self._fills, _sums(self._fills)
        fills.begin_anew(kept)
        if _sums(fills) != before:
            self.mended = (
                f"another command changed the kept fills: counted anew, {fills.count:,} instead of {before[0]:,}, "
                f"profit {fills.pnl_last:+,.2f} instead of {before[1]:+,.2f}, its peak {fills.pnl_max:+,.2f}"
            )

    async def _look_again(
        self, held: list[HeldPosition], orders: list[OpenOrder], doubts: list[str]
    ) -> tuple[list[HeldPosition], list[OpenOrder]]:
        """Return what either of two readings holds; where they differ entries wait.

        At the first look nothing is known that could be missed: one empty answer would pass for a flat account.
        """
        _, held_again = await self._money()
        orders_again = await self._calls.run("open orders", self._exchange.fetch_open_orders())
        before = {(item.symbol, item.pside): item for item in held if item.position.size != 0.0}
        now = {(item.symbol, item.pside): item for item in held_again if item.position.size != 0.0}
        if before.keys() != now.keys():
            doubts.append("the first two readings of the positions differ: waiting for another")
        first, second = {order.id: order for order in orders}, {order.id: order for order in orders_again}
        if first.keys() != second.keys():
            doubts.append("the first two readings of the orders differ: waiting for another")
        return [*(before | now).values()], [*(first | second).values()]

    async def read_orders(self) -> None:
        """Read only the open orders again, after own sends."""
        orders = await self._calls.run("open orders", self._exchange.fetch_open_orders())
        doubts: list[str] = []
        self._take_orders(orders, (), doubts)
        self.account.doubts += tuple(doubts)

    async def read_tickers(self, symbols: list[str]) -> None:
        """Read prices; symbols without an answer have none afterwards. Raises ExchangeError.

        While something panics the last prices do where none are told, for panics alone: they are too old for all else.
        """
        account = self.account
        if not symbols:
            return
        try:
            account.tickers = await self._calls.run("tickers", self._exchange.fetch_tickers(symbols))
        except (VenueUnreachable, UnreadableAnswer) as error:
            if not self._panics():
                raise
            account.tickers = {symbol: replace(ticker, ts_ms=0) for symbol, ticker in account.tickers.items()}
            account.doubts += (f"no prices: {error.line()}",)

    def _panics(self) -> bool:
        state = self._store.state
        asked = {key for key, entry in state.hand_modes.items() if entry.mode is Mode.PANIC}
        return not asked.union(state.panic_since).isdisjoint(self.account.positions)

    async def _money(self) -> tuple[Balance, list[HeldPosition]]:
        calls, exchange = self._calls, self._exchange
        if self._stepped:
            balance = await self._spared("balance", exchange.fetch_balance(), Balance(self.account.raw))
            return balance, await calls.run("positions", exchange.fetch_positions())
        return await _both(
            self._spared("balance", exchange.fetch_balance(), Balance(self.account.raw)),
            calls.run("positions", exchange.fetch_positions()),
        )

    async def _orders_and_fills(self) -> tuple[list[OpenOrder], list[Fill]]:
        calls, exchange = self._calls, self._exchange
        since = self._fills.read_from(self._first_fill_ms)
        if self._stepped:
            orders = await calls.run("open orders", exchange.fetch_open_orders())
            return orders, await self._spared("fills", exchange.fetch_fills(since), list[Fill]())
        return await _both(
            calls.run("open orders", exchange.fetch_open_orders()),
            self._spared("fills", exchange.fetch_fills(since), list[Fill]()),
        )

    async def _spared(self, name: str, call: Coroutine[Any, Any, A], instead: A) -> A:
        """Await a reading that a panic can do without; while something panics `instead` stands for no answer."""
        try:
            return await self._calls.run(name, call)
        except (VenueUnreachable, UnreadableAnswer) as error:
            if not self._panics():
                raise
            self._lacking.append(f"no {name}: {error.line()}")
            return instead

    def _take_positions(self, held: list[HeldPosition], fresh: list[Fill], doubts: list[str]) -> None:
        now: dict[Key, Position] = {
            (item.symbol, item.pside): item.position for item in held if item.position.size != 0.0
        }
        for position in now.values():
            if not (math.isfinite(position.size) and math.isfinite(position.price) and position.price > 0):
                raise DataError("the venue reports a position without a valid size and price")
        self._prefer_fills(now, fresh)
        changed = defaultdict[Key, float](float)
        for fill in fresh:
            changed[(fill.symbol, fill.pside)] += fill.qty
        # A fill explains the absence of what it closed, not of the rest.
        missing = {
            key
            for key, before in self.account.positions.items()
            if key not in now and abs(before.size + changed[key]) > abs(before.size) * NOISE
        }
        unsure: set[Key] = set() if missing <= self._missed_positions else missing
        for key in unsure:
            now[key] = self.account.positions[key]
            doubts.append(f"{key[0]} {key[1]} position vanished without a fill: waiting for a second reading")
        self._missed_positions = frozenset(unsure)
        self.account.positions = now

    def _prefer_fills(self, now: dict[Key, Position], fresh: list[Fill]) -> None:
        """Believe the newest fill where it tells the position after it: the positions may have been read before."""
        for fill in fresh:
            if fill.pprice <= 0.0:
                continue
            key: Key = (fill.symbol, fill.pside)
            if fill.psize == 0.0:
                now.pop(key, None)
            else:
                now[key] = Position(fill.psize, fill.pprice)

    def _take_orders(self, orders: list[OpenOrder], fresh: Iterable[Fill], doubts: list[str]) -> None:
        present = {order.id for order in orders}
        positions = self.account.positions
        before = self.account.orders
        left = self._after_fills(before, fresh)
        missing = [
            order
            for order in before
            if order.id not in present
            and order.id not in self._cancelled
            and left[order.id] > order.qty * NOISE
            # A venue drops closes by itself once there is nothing left to close.
            and not (reduces(order) and (order.symbol, order.pside) not in positions)
        ]
        # A reading agrees only if it misses nothing that the one before did not miss too.
        seen_missing = all(order.id in self.account.ghosts for order in missing)
        self._empty_answers = 0 if orders or not missing else self._empty_answers + 1
        agreed = seen_missing and not 0 < self._empty_answers < EMPTY_ANSWERS
        unsure = [] if agreed else missing
        if unsure:
            doubts.append(f"{len(unsure)} orders vanished without a fill: waiting for another reading")
        self.account.orders = [*orders, *unsure]
        self.account.ghosts = frozenset(order.id for order in unsure)
        self._left = {order.id: min(order.qty, left.get(order.id, order.qty)) for order in self.account.orders}
        self._cancelled &= present

    def _after_fills(self, orders: Iterable[OpenOrder], fresh: Iterable[Fill]) -> dict[str, float]:
        """Return what new executions leave of each order: one that was filled in part may not vanish."""
        by_order, by_name = defaultdict[str, float](float), defaultdict[str, float](float)
        for fill in fresh:
            by_order[fill.order_id] += abs(fill.qty)
            by_name[fill.client_id] += abs(fill.qty)
        return {
            order.id: self._left.get(order.id, order.qty) - max(by_order[order.id], by_name[order.client_id])
            for order in orders
        }

    def _take_balance(
        self, balance: Balance, fresh: list[Fill], pct: float, override: float | None, doubts: list[str]
    ) -> None:
        raw = balance.raw if override is None else override
        if not math.isfinite(raw):
            raise DataError("the venue reports a balance that is not a number")
        account = self.account
        # A fill explains what it earned and cost, no more: sizes and exposures are shares of this figure.
        expected = account.raw + sum(fill.pnl + fill.fee for fill in fresh)
        moved = account.read and abs(raw - expected) > abs(expected) * SUSPICIOUS_MOVE
        # Where other coins back the account no two readings are the same.
        odd = self._odd_balance
        agreed = odd is not None and abs(raw - odd) <= abs(odd) * SUSPICIOUS_MOVE
        if moved and not self._stepped and not agreed:
            self._odd_balance = raw
            doubts.append(
                f"balance went from {account.raw:.2f} to {raw:.2f} without a fill: waiting for a second reading"
            )
            return
        self._odd_balance = None
        account.raw = raw
        account.snapped = raw if override is not None else self._snap(raw, pct)

    def _snap(self, raw: float, pct: float) -> float:
        """Return the balance used for sizing (live.md 5.1); its anchor is on disk before it is used."""
        if pct <= 0:
            return raw
        anchor = self._store.state.balance_anchor
        snapped = raw if anchor is None else hysteresis(raw, anchor, pct)
        if snapped != anchor:
            self._store.set_anchor(snapped)
        return snapped


def _sums(fills: FillBook) -> tuple[int, float, float]:
    """Return what counts of the fills, free of the noise of sums in another sequence."""
    return fills.count, round(fills.pnl_last, 6), round(fills.pnl_max, 6)


async def _both(first: Coroutine[Any, Any, A], second: Coroutine[Any, Any, B]) -> tuple[A, B]:
    """Await two reads at once; the other is finished too before an error is raised, and both end with the caller."""
    one, two = await asyncio.gather(first, second, return_exceptions=True)
    if isinstance(one, BaseException):
        raise one
    if isinstance(two, BaseException):
        raise two
    return one, two
